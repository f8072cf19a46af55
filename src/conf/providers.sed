# SPDX-License-Identifier: GPL-3.0-or-later
# Makes a string of C of the table of mail providers, without its comments.
/^#/d
/^$/d
s/["\\]/\\&/g
s/.*/"&\\n"/
