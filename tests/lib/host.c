// SPDX-License-Identifier: GPL-2.0-only
/*
 * Speaks QMP over a virtio-serial port: one JSON object a line each way. A command carries an id,
 * so that its answer is told from events and from answers that an earlier program did not wait for.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host.h"

#define ANSWER_MSEC 5000

static int port = -1;

bool host_available(void)
{
	const char *path = getenv("VM_HOST_PORT");

	if (port < 0 && path && *path)
		port = open(path, O_RDWR | O_CLOEXEC);
	return port >= 0;
}

/* Reads up to the end of a line, which can have a megabyte: *@line grows. */
static int read_line(char **line, size_t *len)
{
	static char buf[4096];
	static ssize_t used, have;
	struct pollfd p = { .fd = port, .events = POLLIN };
	size_t n = 0;
	char c;

	do {
		if (used == have) {
			if (poll(&p, 1, ANSWER_MSEC) != 1)
				return -ETIMEDOUT;
			used = 0;
			have = read(port, buf, sizeof(buf));
			if (have <= 0) {
				have = 0;
				return -EIO;
			}
		}
		if (n == *len) {
			char *more = realloc(*line, *len ? *len * 2 : sizeof(buf));

			if (!more)
				return -ENOMEM;
			*line = more;
			*len = *len ? *len * 2 : sizeof(buf);
		}
		c = buf[used++];
		(*line)[n++] = c == '\n' ? '\0' : c;
	} while (c != '\n');
	return 0;
}

/* Undoes JSON's escapes of a string that starts at @from. */
static void unescape(const char *from, char *to, size_t len)
{
	while (*from && *from != '"' && len > 1) {
		if (*from == '\\') {
			from++;
			if (*from == 'r') {
				from++;
				continue;
			}
			*to++ = *from == 'n' ? '\n' : *from == 't' ? '\t' : *from;
		} else {
			*to++ = *from;
		}
		from++;
		len--;
	}
	*to = '\0';
}

static int ask(const char *json, unsigned int id, char *reply, size_t len)
{
	char want[32], *line = NULL, *text;
	size_t size = 0;
	int err;

	if (write(port, json, strlen(json)) != (ssize_t)strlen(json))
		return -EIO;
	/* The id comes last in an answer, and first in an error. */
	snprintf(want, sizeof(want), "\"id\": %u", id);
	do {
		err = read_line(&line, &size);
		text = err ? NULL : strstr(line, want);
	} while (!err && (!text || !strchr(",}", text[strlen(want)])));

	text = err ? NULL : strstr(line, "\"return\": \"");
	if (text && reply)
		unescape(text + strlen("\"return\": \""), reply, len);
	else if (!err && strstr(line, "\"error\""))
		err = -EINVAL;
	free(line);
	return err;
}

int host_monitor(const char *command, char *reply, size_t len)
{
	static unsigned int serial;
	char json[512];
	int err;

	if (!host_available())
		return -ENODEV;
	if (!serial) {
		/* An error when another program has done it already, which is as good. */
		serial = getpid() * 1000;
		snprintf(json, sizeof(json), "{\"execute\": \"qmp_capabilities\", \"id\": %u}\n",
			 serial);
		err = ask(json, serial, NULL, 0);
		if (err && err != -EINVAL)
			return err;
	}
	serial++;
	snprintf(json, sizeof(json),
		 "{\"execute\": \"human-monitor-command\", \"arguments\": {\"command-line\": "
		 "\"%s\"}, \"id\": %u}\n",
		 command, serial);
	if (reply && len)
		*reply = '\0';
	return ask(json, serial, reply, len);
}
