"""The walls round a worker that the kernel holds: no new connection, bounded memory, bounded files."""

import ctypes
import platform
import resource
import struct
import sys
from typing import Final

from sparql.limits import Limits

# Machine → AUDIT_ARCH_* and the numbers of the system calls that open connections: socket, connect, io_uring_setup.
_CALLS: Final = {
    "x86_64": (0xC000003E, (41, 42, 425)),
    "aarch64": (0xC00000B7, (198, 203, 425)),
}
_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _SECCOMP_MODE_FILTER = 38, 22, 2
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000 | 1  # SECCOMP_RET_ALLOW, SECCOMP_RET_ERRNO with EPERM
_LOAD, _EQUALS, _RETURN = 0x20, 0x15, 0x06  # BPF_LD|BPF_W|BPF_ABS, BPF_JMP|BPF_JEQ|BPF_K, BPF_RET|BPF_K
_ARCHITECTURE, _NUMBER = 4, 0  # offsets in struct seccomp_data


def enter() -> bool:
    """Put this process behind its walls, for good. Call it before the first thread starts.

    Returns whether the kernel refuses connections from now on; where it can't (another system than Linux, another
    processor), `sparql.policy` is the only wall against SERVICE.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    return _refuse_connections()


def bound(limits: Limits) -> None:
    """Bound the memory of this process and the size of the files it writes. Call it once the store is open."""
    resource.setrlimit(resource.RLIMIT_AS, (limits.memory, limits.memory))
    resource.setrlimit(resource.RLIMIT_FSIZE, (limits.result_bytes, limits.result_bytes))


def _refuse_connections() -> bool:
    """Install a `seccomp filter <https://www.kernel.org/doc/html/latest/userspace-api/seccomp_filter.html>`_."""
    known = _CALLS.get(platform.machine()) if sys.platform == "linux" else None
    if known is None:
        return False
    program = _program(*known)
    filters = ctypes.create_string_buffer(program)
    # struct sock_fprog: the number of instructions, then a pointer to them.
    header = ctypes.create_string_buffer(struct.pack("HxxxxxxQ", len(program) // 8, ctypes.addressof(filters)))
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    prctl.argtypes = [ctypes.c_int, ctypes.c_ulong, ctypes.c_void_p, ctypes.c_ulong, ctypes.c_ulong]
    allowed: int = prctl(_PR_SET_NO_NEW_PRIVS, 1, None, 0, 0)
    installed: int = prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.addressof(header), 0, 0)
    return allowed == installed == 0


def _program(architecture: int, calls: tuple[int, ...]) -> bytes:
    """Refuse the calls, and every call of another architecture, whose numbers mean other things."""

    def instruction(code: int, value: int, if_equal: int = 0, if_not: int = 0) -> bytes:
        return struct.pack("HBBI", code, if_equal, if_not, value)

    refuse_at = len(calls) + 1
    checks = [instruction(_EQUALS, call, if_equal=refuse_at - position - 1) for position, call in enumerate(calls)]
    return b"".join(
        [
            instruction(_LOAD, _ARCHITECTURE),
            instruction(_EQUALS, architecture, if_not=refuse_at + 1),
            instruction(_LOAD, _NUMBER),
            *checks,
            instruction(_RETURN, _ALLOW),
            instruction(_RETURN, _REFUSE),
        ]
    )
