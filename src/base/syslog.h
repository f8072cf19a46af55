/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The system's log. As syslog(3), which has no deadline: where nobody reads what is logged, it
 * waits for ever, and so would the mail behind it. */
#ifndef BASE_SYSLOG_H
#define BASE_SYSLOG_H

/* One line TEXT, in the form of RFC 3164 with this process' number. PRIORITY is a facility and a
 * severity of <syslog.h>. What nobody takes within a fifth of a second is lost, and after that
 * nothing is waited for. The connection is kept for the next line. */
void syslog_tell(int priority, const char *tag, const char *text);

#endif
