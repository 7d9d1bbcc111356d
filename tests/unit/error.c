/* Tests of common/error. */
#include "common/error.h"

#include <errno.h>

#include "tap.h"

static void long_text(char *to, size_t len)
{
	memset(to, 'x', len);
	to[len] = '\0';
}

static void test_set(void)
{
	struct error err = ERROR_INIT;
	is_str(err.text, "", "starts empty");
	errno = EAGAIN;
	is_int(error_set(&err, "no board '%s'", "a:b:c"), -1, "error_set gives -1");
	is_str(err.text, "no board 'a:b:c'", "formats");
	is_int(errno, EAGAIN, "keeps errno");
	error_set(&err, "again: %s", err.text);
	is_str(err.text, "again: no board 'a:b:c'", "may quote itself");
	is_int(error_set(NULL, "nobody %d", 1), -1, "NULL is fine");
}

static void test_errno(void)
{
	struct error err = ERROR_INIT;
	errno = ENOENT;
	is_int(error_errno(&err, "cannot open '%s'", "x"), -1, "error_errno gives -1");
	is_str(err.text, "cannot open 'x': No such file or directory", "adds the reason");
	is_int(errno, ENOENT, "keeps errno");
	is_int(error_errno(NULL, "x"), -1, "NULL is fine for error_errno");
}

static void test_prefix(void)
{
	struct error err = ERROR_INIT;
	error_set(&err, "inner %%");
	is_int(error_prefix(&err, "outer %d", 7), -1, "error_prefix gives -1");
	is_str(err.text, "outer 7: inner %", "puts the context first");
	is_int(error_prefix(NULL, "x"), -1, "NULL is fine for error_prefix");
}

static void test_cut(void)
{
	struct error err = ERROR_INIT;
	char text[5000];
	long_text(text, sizeof text - 1);
	error_set(&err, "%s", text);
	is_int((long long)strlen(err.text), sizeof err.text - 1, "a long text is cut");
	errno = EPERM;
	error_errno(&err, "%s", text);
	is_int((long long)strlen(err.text), sizeof err.text - 1, "a long text leaves no reason");
	error_prefix(&err, "%s", text);
	is_int((long long)strlen(err.text), sizeof err.text - 1, "a long prefix is cut");
	error_set(&err, "tail");
	long_text(text, sizeof err.text - 4);
	error_prefix(&err, "%s", text);
	ok(strlen(err.text) == sizeof err.text - 1 && err.text[sizeof err.text - 2] == 't',
		"what fits of the old text stays");
}

int main(void)
{
	test_set();
	test_errno();
	test_prefix();
	test_cut();
	return done_testing();
}
