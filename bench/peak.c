/* peak: runs a program and prints its own greatest resident size in KiB (not its children's).
 * usage: peak FILE PROGRAM [ARG…]: the figure goes to FILE.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* VmHWM only grows, so the last look before the end is the peak but for its last 2 ms. */
static long look(pid_t pid, long last)
{
	char path[64], line[256];
	long kib;
	snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
	FILE *f = fopen(path, "r");
	while (f && fgets(line, sizeof line, f))
		if (sscanf(line, "VmHWM: %ld", &kib) == 1)
			last = kib;
	if (f)
		fclose(f);
	return last;
}

int main(int argc, char **argv)
{
	int status;
	long peak = 0;
	if (argc < 3) {
		fputs("usage: peak FILE PROGRAM [ARG...]\n", stderr);
		return 2;
	}
	pid_t pid = fork();
	if (pid == 0) {
		execvp(argv[2], argv + 2);
		_exit(127);
	}
	while (waitpid(pid, &status, WNOHANG) == 0) {
		peak = look(pid, peak);
		nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
	}
	FILE *out = fopen(argv[1], "w");
	if (!out || fprintf(out, "%ld\n", peak) < 0 || fclose(out) != 0)
		return 1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
