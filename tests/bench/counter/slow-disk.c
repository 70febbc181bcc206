/* A disk that is slower than the machine's: preloaded into the counter, it lets each fsync take longer by SLOW_DISK_MICROS, and
 * notes each by a byte in the file SLOW_DISK_NOTES. No other call is touched. strace can do the same, but it stops each thread at
 * each of its calls until that thread has made one that is traced, which most never do: the whole counter is slower by then. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static long micros;
static int notes = -1;

__attribute__((constructor)) static void begin(void)
{
	const char *text = getenv("SLOW_DISK_MICROS"), *file = getenv("SLOW_DISK_NOTES");
	micros = text ? atol(text) : 0;
	if (file)
		notes = open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static int slowly(long call, int fd)
{
	int result = (int)syscall(call, fd), error = errno;
	struct timespec left = { micros / 1000000, micros % 1000000 * 1000 };
	while (micros && nanosleep(&left, &left) != 0)
		;
	if (write(notes, ".", 1) < 0)
		error = result ? error : errno;
	errno = error;
	return result;
}

int fsync(int fd) { return slowly(SYS_fsync, fd); }
int fdatasync(int fd) { return slowly(SYS_fdatasync, fd); }
