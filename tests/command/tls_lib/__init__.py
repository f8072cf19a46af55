# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates of every kind, and servers that show them."""
