//! What a process that reads a stranger's file gives up before it opens it.

/// Memory that a reader may take; a flate bomb of 300 KB would else take 12 GB.
pub(crate) const MEMORY_MB_MAX: u64 = 512;
/// Processor time that a reader may take; 99 of 100 documents need a quarter of a second.
pub(crate) const CPU_SECONDS_MAX: u64 = 10;
/// Open files that a reader may have: the three it is born with, and a few more.
const FILES_OPEN_MAX: u64 = 16;

/// Takes memory, time, files and the network away from this process, for good.
#[cfg(unix)]
pub(crate) fn enter() -> std::io::Result<()> {
    use rlimit::Resource;
    let memory = MEMORY_MB_MAX * 1024 * 1024;
    let limits = [
        (Resource::AS, memory),
        (Resource::CORE, 0),
        (Resource::FSIZE, 0),
        (Resource::NOFILE, FILES_OPEN_MAX),
    ];
    for (resource, most) in limits {
        let most = most.min(resource.get_hard()?);
        resource.set(most, most)?;
    }
    Resource::CPU.set(CPU_SECONDS_MAX, (CPU_SECONDS_MAX + 1).min(Resource::CPU.get_hard()?))?;
    leave_network()
}

/// Without Unix there are no limits to set; the parent still ends a reader that takes too long.
#[cfg(not(unix))]
pub(crate) fn enter() -> std::io::Result<()> {
    Ok(())
}

/// Refuses this thread, and all that it starts, every call that leads out of the process.
#[cfg(target_os = "linux")]
fn leave_network() -> std::io::Result<()> {
    use seccompiler::{BpfProgram, SeccompAction, SeccompFilter};
    let refused = [
        libc::SYS_socket,
        libc::SYS_socketpair,
        libc::SYS_connect,
        libc::SYS_bind,
        libc::SYS_listen,
        libc::SYS_accept,
        libc::SYS_accept4,
        libc::SYS_sendto,
        libc::SYS_sendmsg,
        libc::SYS_sendmmsg,
        libc::SYS_execve,
        libc::SYS_execveat,
        libc::SYS_ptrace,
        libc::SYS_process_vm_readv,
        libc::SYS_process_vm_writev,
        libc::SYS_io_uring_setup,
    ];
    let rules = refused.into_iter().map(|call| (call, Vec::new())).collect();
    let arch = std::env::consts::ARCH.try_into().map_err(std::io::Error::other)?;
    let refuse = SeccompAction::Errno(u32::try_from(libc::EPERM).unwrap_or(1));
    let filter = SeccompFilter::new(rules, SeccompAction::Allow, refuse, arch);
    let program: BpfProgram = filter.and_then(TryInto::try_into).map_err(std::io::Error::other)?;
    seccompiler::apply_filter(&program).map_err(std::io::Error::other)
}

#[cfg(not(target_os = "linux"))]
#[cfg(unix)]
fn leave_network() -> std::io::Result<()> {
    Ok(())
}

/// Whether readers are cut off from the network on this machine, found out by trying.
///
/// The trial runs in a thread of its own, which is the only one to lose its network.
#[cfg(target_os = "linux")]
pub fn network_blocked_here() -> bool {
    let trial = std::thread::spawn(|| {
        let left = leave_network();
        let denied = std::net::TcpListener::bind(("127.0.0.1", 0));
        left.is_ok()
            && denied.is_err_and(|error| error.kind() == std::io::ErrorKind::PermissionDenied)
    });
    trial.join().unwrap_or(false)
}

/// Whether readers are cut off from the network on this machine: only Linux can.
#[cfg(not(target_os = "linux"))]
pub fn network_blocked_here() -> bool {
    false
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_reader_has_no_network_and_the_rest_keeps_it() {
        assert!(network_blocked_here());
        assert!(std::net::TcpListener::bind(("127.0.0.1", 0)).is_ok());
    }
}
