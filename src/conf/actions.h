/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What flags do that is more than to set a bool or a text. VALUE is NULL when there is
 * none. */
#ifndef CONF_ACTIONS_H
#define CONF_ACTIONS_H

#include "conf/flags.h"

action act_operation;
action act_queue_run;
action act_absent;
action act_errors;
action act_dots;
action act_short_option;
action act_long_option;
action act_body;
action act_sender;
action act_full_name;
action act_log_tag;
action act_notify;
action act_return;
action act_envelope_id;
action act_deliver_by;
action act_hold_for;
action act_hold_until;
action act_priority;
action act_debug;
action act_server_info;
action act_log_file;
action act_remote_queue;
action act_verify;
action act_expand;
action act_configure;
action act_listen;
action act_auto_from;

/* FAULT_USAGE when something else was asked for before. */
bool reading_set_mode(struct reading *reading, enum mode mode,
		      struct error *err) MUST_CHECK;

#endif
