/* settings: the one table of the options that change a build. Each of its rows is forwarded to every worker; an option without a row works on
 * the boss's machine only. cache_dir has none: each machine has its own.
 */
#include "common/xalloc.h"
#include "wire/job.h"
#include "wire/message_internal.h"

const char *settings_warnings_name(int value)
{
	static const char *const names[] = {"none", "default", "more", "all"};
	return names[value];
}

#define OPTION(kind, member) ROW(#member, kind, settings, member), .optional = true

static const struct field fields[] = {
	{OPTION(FIELD_STRV, platform_dirs), .check = check_path},
	{OPTION(FIELD_STRV, library_dirs), .check = check_path},
	{OPTION(FIELD_STRV, libraries_dirs), .check = check_path},
	{OPTION(FIELD_STRV, build_properties), .check = check_setting},
	{OPTION(FIELD_STR, user_dir), .check = check_path},
	{OPTION(FIELD_STR, data_dir), .check = check_path},
	{OPTION(FIELD_ENUM, warnings), .name_of = settings_warnings_name, .max = WARNINGS_ALL},
	{OPTION(FIELD_BOOL, warnings_are_errors)},
	{OPTION(FIELD_BOOL, no_lto)},
	{OPTION(FIELD_BOOL, reproducible)},
	{OPTION(FIELD_BOOL, check_only)},
	{OPTION(FIELD_BOOL, config_only)},
	{OPTION(FIELD_BOOL, clean)},
	{OPTION(FIELD_BOOL, rebuild_units)},
	{OPTION(FIELD_BOOL, fallback_mrproper)},
	{OPTION(FIELD_BOOL, keep)},
	{OPTION(FIELD_BOOL, no_firmware)},
	{OPTION(FIELD_BOOL, verbose)},
	{OPTION(FIELD_INT, framework_jobs), .max = MAX_THREADS},
	{OPTION(FIELD_INT, sketch_jobs), .max = MAX_THREADS},
	{OPTION(FIELD_NUM, timeout), .max = MAX_SECONDS},
};

const struct layout settings_layout = LAYOUT(settings, fields);
