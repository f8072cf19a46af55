# SPDX-License-Identifier: GPL-3.0-or-later
"""What a setup finds, says, asks and writes."""
from files import FILES
from finding import FINDING
from writing import WRITING
from talking import TALKING

ALL = FINDING + WRITING + FILES + TALKING
