"""A filter of system calls for Linux: what decoding needs is granted, and all else is refused by the kernel.

A program of Berkeley packet filter instructions (``linux/filter.h``, ``linux/seccomp.h``) looks at each call's number,
and at some arguments. No file can be opened, for reading or writing; no socket, no process, no program, no memory that
can be executed; no signal but to itself.
"""

import ctypes
import errno
import os
import platform
import struct
from dataclasses import dataclass

PR_SET_SECCOMP, MODE_FILTER = 22, 2
LOAD, EQUAL, ANY_BIT, RETURN = 0x20, 0x15, 0x45, 0x06
ALLOW, KILL, REFUSE = 0x7FFF0000, 0x80000000, 0x00050000
NUMBER_AT, ARCHITECTURE_AT, ARGUMENTS_AT, ARGUMENT_BYTES = 0, 4, 16, 8
PROT_EXEC, CLONE_THREAD, PR_SET_NAME = 4, 0x10000, 15


@dataclass(frozen=True)
class Machine:
    """A kind of processor.

    Attributes:
        audit: the kernel's number of it.
        calls: numbers of the calls that decoding needs.
        clone, clone3, mmap, mprotect, prctl, prlimit, tgkill: numbers of those whose arguments are looked at.
    """

    audit: int
    calls: dict[str, int]
    clone: int
    mmap: int
    mprotect: int
    prctl: int
    prlimit: int
    tgkill: int
    clone3: int = 435


X86_64 = Machine(
    0xC000003E,
    {
        "futex": 202, "read": 0, "preadv": 295, "pread64": 17, "readv": 19, "write": 1, "writev": 20, "select": 23,
        "pselect6": 270, "poll": 7, "ppoll": 271, "recvmsg": 47, "recvfrom": 45, "sendmsg": 46, "sendto": 44,
        "clock_gettime": 228, "clock_getres": 229, "clock_nanosleep": 230, "nanosleep": 35, "gettimeofday": 96,
        "time": 201, "times": 100, "madvise": 28, "munmap": 11, "mremap": 25, "brk": 12, "lseek": 8, "fstat": 5,
        "newfstatat": 262, "close": 3, "fcntl": 72, "getrusage": 98, "getrlimit": 97, "getpid": 39, "getppid": 110,
        "gettid": 186, "getrandom": 318, "rt_sigaction": 13, "rt_sigprocmask": 14, "rt_sigreturn": 15,
        "restart_syscall": 219, "sigaltstack": 131, "sched_yield": 24, "sched_getaffinity": 204,
        "set_tid_address": 218, "set_robust_list": 273, "rseq": 334, "membarrier": 324, "preadv2": 327,
        "futex_waitv": 449, "exit": 60, "exit_group": 231,
    },
    clone=56, mmap=9, mprotect=10, prctl=157, prlimit=302, tgkill=234,
)  # fmt: skip
AARCH64 = Machine(
    0xC00000B7,
    {
        "futex": 98, "read": 63, "preadv": 69, "pread64": 67, "readv": 65, "write": 64, "writev": 66, "pselect6": 72,
        "ppoll": 73, "recvmsg": 212, "recvfrom": 207, "sendmsg": 211, "sendto": 206, "clock_gettime": 113,
        "clock_getres": 114, "clock_nanosleep": 115, "nanosleep": 101, "gettimeofday": 169, "times": 153,
        "madvise": 233, "munmap": 215, "mremap": 216, "brk": 214, "lseek": 62, "fstat": 80, "newfstatat": 79,
        "close": 57, "fcntl": 25, "getrusage": 165, "getrlimit": 163, "getpid": 172, "getppid": 173, "gettid": 178,
        "getrandom": 278, "rt_sigaction": 134, "rt_sigprocmask": 135, "rt_sigreturn": 139, "restart_syscall": 128,
        "sigaltstack": 132, "sched_yield": 124, "sched_getaffinity": 123, "set_tid_address": 96,
        "set_robust_list": 99, "rseq": 293, "membarrier": 283, "preadv2": 286, "futex_waitv": 449, "exit": 93,
        "exit_group": 94,
    },
    clone=220, mmap=222, mprotect=226, prctl=167, prlimit=261, tgkill=131,
)  # fmt: skip
MACHINES = {"x86_64": X86_64, "aarch64": AARCH64}


def install() -> bool:
    """Have the kernel refuse this process all other calls, for good; tell whether it does.

    The process must not be able to gain privileges (``PR_SET_NO_NEW_PRIVS``).
    """
    machine = MACHINES.get(platform.machine())
    if machine is None:
        return False
    program = _program(machine, os.getpid())
    code = ctypes.create_string_buffer(program, len(program))
    about = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(code))
    call = ctypes.CDLL(None, use_errno=True).prctl
    return bool(call(PR_SET_SECCOMP, MODE_FILTER, ctypes.c_char_p(about), 0, 0) == 0)


def _program(machine: Machine, own: int) -> bytes:
    """Write the filter; ``own`` is the process' number."""
    refused = _step(RETURN, REFUSE | errno.EPERM)
    allowed = _step(RETURN, ALLOW)
    parts = [_step(LOAD, ARCHITECTURE_AT), _step(EQUAL, machine.audit, 1, 0), _step(RETURN, KILL)]
    parts.append(_step(LOAD, NUMBER_AT))
    parts += [_step(EQUAL, number, 0, 1) + allowed for number in machine.calls.values()]
    for number in (machine.mmap, machine.mprotect):
        parts.append(_argument(number, 2) + _step(ANY_BIT, PROT_EXEC, 0, 1) + refused + allowed)
    parts.append(_argument(machine.clone, 0) + _step(ANY_BIT, CLONE_THREAD, 1, 0) + refused + allowed)
    for number, value in ((machine.prctl, PR_SET_NAME), (machine.prlimit, 0), (machine.tgkill, own)):
        parts.append(_argument(number, 0) + _step(EQUAL, value, 1, 0) + refused + allowed)
    # The C library then uses clone, whose flags can be looked at.
    parts.append(_step(EQUAL, machine.clone3, 0, 1) + _step(RETURN, REFUSE | errno.ENOSYS))
    return b"".join([*parts, refused])


def _argument(number: int, place: int) -> bytes:
    """Load an argument's lower half if the call is this one; else pass over the four steps behind."""
    return _step(EQUAL, number, 0, 4) + _step(LOAD, ARGUMENTS_AT + place * ARGUMENT_BYTES)


def _step(code: int, value: int, true: int = 0, false: int = 0) -> bytes:
    return struct.pack("HBBI", code, true, false, value)
