# SPDX-License-Identifier: GPL-3.0-or-later
PACKAGES=[]
NPM=[]
def cases(_f):
	return []
def furnish(r,d):
	pass
