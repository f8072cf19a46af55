/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writes the syntax for vim. */
#include "shell/vim.h"

#include "conf/settings.h"

#include <string.h>

static const char head[] =
	"\" The configuration file of postrider. Made from its tables when it was built.\n"
	"if exists('b:current_syntax')\n"
	"\tfinish\n"
	"endif\n"
	"syntax case match\n"
	"syntax iskeyword @,48-57,_,-\n"
	"\n"
	"syntax match postriderLine /^\\s*\\zs[^# \\t]\\S*/ "
	"contains=postriderSetting,postriderSecret,postriderDirective "
	"nextgroup=postriderOn,postriderNumber,postriderValue skipwhite\n"
	"syntax match postriderValue /\\S.*/ contained\n"
	"syntax match postriderNumber /\\d\\+\\s*$/ contained\n"
	"syntax match postriderOn /\\(on\\|off\\|auto\\)\\s*$/ contained\n"
	"syntax match postriderComment /^\\s*#.*$/ contains=@Spell\n"
	"\n"
	"syntax keyword postriderDirective account defaults include eval contained\n";

static const char tail[] = "\n"
			   "highlight default link postriderDirective Statement\n"
			   "highlight default link postriderSetting Identifier\n"
			   "highlight default link postriderSecret PreProc\n"
			   "highlight default link postriderValue String\n"
			   "highlight default link postriderOn Boolean\n"
			   "highlight default link postriderNumber Number\n"
			   "highlight default link postriderComment Comment\n"
			   "\n"
			   "let b:current_syntax = 'postrider'\n";

/* The file may have either sign in a word. */
static void
put_setting(const struct setting *setting, FILE *out)
{
	bool both = strchr(setting->name, '_') != NULL;

	fprintf(out, "syntax keyword postrider%s %s",
		setting->kind->hidden ? "Secret" : "Setting", setting->name);
	fputs(both ? " " : "", out);
	for (const char *c = setting->name; both && *c; c++)
		fputc(*c == '_' ? '-' : *c, out);
	fputs(" contained\n", out);
}

void
write_vim(FILE *out)
{
	fputs(head, out);
	for (size_t row = 0; row < settings_count; row++)
		put_setting(&settings[row], out);
	fputs(tail, out);
}
