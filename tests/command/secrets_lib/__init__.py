# SPDX-License-Identifier: GPL-3.0-or-later
"""What the checks of secrets need: a server, a terminal, a keyring."""
