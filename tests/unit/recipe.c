/* recipe_split: the specification's argument rules, with the lines that real platforms rely on. */
#include "tap.h"

#include "common/buf.h"
#include "common/error.h"
#include "common/strv.h"
#include "sketch/props.h"

static const struct {
	const char *text, *want; /* arguments in brackets; NULL: refused */
} row[] = {
	{"a b  c", "[a][b][c]"},
	{"", ""},
	{"   ", ""},
	{"\"/usr/bin/g++\" -c", "[/usr/bin/g++][-c]"},
	{"\"/my dir/g++\" '/other  dir/x'", "[/my dir/g++][/other  dir/x]"},
	{"-DX=\"y\" -DZ='q'", "[-DX=\"y\"][-DZ='q']"},
	{"'-DUSB_PRODUCT=\"Arduino Leonardo\"'", "[-DUSB_PRODUCT=\"Arduino Leonardo\"]"},
	{"\"-DVARIANT_H=\\\"variant.h\\\"\"", "[-DVARIANT_H=\\\"variant.h\\\"]"},
	{"\"it's\" 'say \"x\"'", "[it's][say \"x\"]"},
	{"a \"\" b '' c", "[a][b][c]"},
	{"a \"  \" b", "[a][b]"},
	{"\"a\"b c\" d", "[a\"b c][d]"},
	{"-I\"/a b\"", "[-I\"/a][b\"]"},
	{"a\tb", "[a\tb]"},
	{"a \t b", "[a][b]"},
	{"$HOME `x` \\n * ; |", "[$HOME][`x`][\\n][*][;][|]"},
	{"\" x\"", "[ x]"},
	{"\"/b\xC3\xBCro/x y\"", "[/b\xC3\xBCro/x y]"},
	{"\"a b", NULL},
	{"ok 'it", NULL},
	{"\"", NULL},
	{"\"a\"b", NULL},
};

int main(void)
{
	struct strv kept = STRV_INIT;
	struct error err = ERROR_INIT;

	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct strv argv = STRV_INIT;
		struct buf got = BUF_INIT;
		int rc = recipe_split(row[i].text, &argv, &err);

		for (size_t k = 0; k < argv.n; k++)
			buf_addf(&got, "[%s]", argv.v[k]);
		if (row[i].want)
			is_str(buf_str(&got), row[i].want, row[i].text);
		else
			ok(rc < 0 && argv.n == 0, "refused: %s", row[i].text);
		buf_release(&got);
		strv_release(&argv);
	}
	strv_push(&kept, "first");
	ok(recipe_split("a b 'c", &kept, &err) < 0 && kept.n == 1,
		"a failure leaves the vector as it was");
	ok(strstr(err.text, "no closing ' in ''c'"), "and shows the text: %s", err.text);
	recipe_split("second", &kept, &err);
	ok(kept.n == 2 && !strcmp(kept.v[1], "second"), "arguments are appended");
	strv_release(&kept);
	return done_testing();
}
