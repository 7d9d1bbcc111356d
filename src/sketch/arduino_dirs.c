/* arduino_dirs: where this user's Arduino things lie, as arduino-cli sees it. Reads the
 * environment and arduino-cli.yaml; makes nothing and looks into none of the directories.
 */
#include "sketch/platform.h"

#include <pwd.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/error.h"
#include "common/fs.h"
#include "common/xalloc.h"
#include "sketch/yaml_file.h"

enum { MAX_CONFIG = 1 << 20 };

static const char *setting(const char *name)
{
	const char *value = getenv(name);

	return value && *value ? value : NULL;
}

static const char *home_dir(void)
{
	const char *home = setting("HOME");
	const struct passwd *user = home ? NULL : getpwuid(getuid());

	return user ? user->pw_dir : home;
}

/* New string, NULL when there is no such file. */
static char *config_path(const char *home)
{
	const char *file = setting("ARDUINO_CONFIG_FILE");
	const char *data = setting("ARDUINO_DIRECTORIES_DATA");
	char *path = NULL;

	if (file)
		path = xstrdup(file);
	else if (data)
		path = path_join(data, "arduino-cli.yaml");
	else if (home)
		path = xasprintf("%s/.arduino15/arduino-cli.yaml", home);
	if (path && !fs_exists(path)) {
		free(path);
		path = NULL;
	}
	return path;
}

/* The directory `key` names: the environment's, else the configuration's, else below the home;
 * absolute, new. */
static char *directory(const char *env, const char *configured, const char *home, const char *below)
{
	const char *given = setting(env);

	if (!given && *configured)
		given = configured;
	if (given)
		return path_absolute(given);
	return home ? path_join(home, below) : NULL;
}

int arduino_dirs_find(struct arduino_dirs *d, struct error *err)
{
	const char *home = home_dir();
	const char *system = setting("BOARDMAN_SYSTEM_HARDWARE");
	char *config = config_path(home);
	yaml_document_t doc;
	yaml_node_t *dirs = NULL;

	if (config && yaml_file_load(&doc, config, MAX_CONFIG, err) < 0) {
		free(config);
		return -1;
	}
	if (config)
		dirs = yaml_file_get(&doc, yaml_document_get_root_node(&doc), "directories");
	d->user_dir = directory("ARDUINO_DIRECTORIES_USER",
		yaml_file_text(yaml_file_get(&doc, dirs, "user")), home, "Arduino");
	d->data_dir = directory("ARDUINO_DIRECTORIES_DATA",
		yaml_file_text(yaml_file_get(&doc, dirs, "data")), home, ".arduino15");
	d->system_hardware = path_absolute(system ? system : "/usr/share/arduino/hardware");
	if (config)
		yaml_document_delete(&doc);
	free(config);
	return 0;
}

void arduino_dirs_release(struct arduino_dirs *d)
{
	strv_release(&d->platform_dirs);
	free(d->user_dir);
	free(d->data_dir);
	free(d->system_hardware);
	*d = (struct arduino_dirs){0};
}

static bool lies_in(const char *platform, const char *dir, const char *below)
{
	char *place = dir ? path_join(dir, below) : NULL;
	bool lies = place && path_beneath(platform, place);
	free(place);
	return lies;
}

bool arduino_dirs_own(const struct arduino_dirs *d, const char *platform)
{
	if (lies_in(platform, d->data_dir, "packages") || lies_in(platform, d->system_hardware, ""))
		return false;
	for (size_t i = 0; i < d->platform_dirs.n; i++)
		if (path_beneath(platform, d->platform_dirs.v[i]))
			return true;
	return lies_in(platform, d->user_dir, "hardware");
}
