//! nginx with one worker on the first core, serving small files from memory.

use std::fs;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair};

use crate::Failure;
use crate::case::{CASES, Case};

/// A running nginx; it ends with this value.
pub struct Server {
    child: Child,
    plain: SocketAddr,
    tls: SocketAddr,
    http2: SocketAddr,
    /// The certificate that its own is signed with.
    pub authority: PathBuf,
}

impl Server {
    /// Writes files, certificate and configuration into `folder` and starts it.
    pub fn start(folder: &Path) -> Result<Server, Failure> {
        for case in &CASES {
            fs::write(folder.join(&case.path[1..]), vec![b'a'; case.body])?;
        }
        let authority = certificate(folder)?;
        let (plain, tls, http2) = (free()?, free()?, free()?);
        fs::write(folder.join("nginx.conf"), configuration(folder, plain, tls, http2))?;
        let child = Command::new("nginx")
            .args(["-e", "stderr", "-p"])
            .arg(folder)
            .arg("-c")
            .arg(folder.join("nginx.conf"))
            .stdin(Stdio::null())
            .spawn()
            .map_err(|error| format!("nginx does not start ({error}): apt-get install nginx-light"))?;
        let server = Server { child, plain, tls, http2, authority };
        for _ in 0..100 {
            if TcpStream::connect(tls).is_ok() {
                return Ok(server);
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Err("nginx does not listen".into())
    }

    /// Where a case is served.
    pub fn address(&self, case: &Case) -> SocketAddr {
        match (case.streams, case.tls) {
            (Some(_), _) => self.http2,
            (None, true) => self.tls,
            (None, false) => self.plain,
        }
    }

    /// Its URL without a path.
    pub fn origin(&self, case: &Case) -> String {
        format!("{}://{}", if case.tls { "https" } else { "http" }, self.address(case))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // The master ends its worker on SIGTERM; killed, it would leave it behind.
        if let Some(pid) = i32::try_from(self.child.id()).ok().and_then(rustix::process::Pid::from_raw) {
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
        }
        let _ = self.child.wait();
    }
}

fn free() -> Result<SocketAddr, Failure> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}

fn certificate(folder: &Path) -> Result<PathBuf, Failure> {
    let authority_key = KeyPair::generate()?;
    let mut authority = CertificateParams::new(Vec::new())?;
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let issued = authority.self_signed(&authority_key)?;
    let issuer = rcgen::Issuer::new(authority, authority_key);
    let key = KeyPair::generate()?;
    let server = CertificateParams::new(vec!["127.0.0.1".to_owned()])?.signed_by(&key, &issuer)?;
    fs::write(folder.join("server.pem"), server.pem())?;
    fs::write(folder.join("server.key"), key.serialize_pem())?;
    let path = folder.join("ca.pem");
    fs::write(&path, issued.pem())?;
    Ok(path)
}

fn configuration(folder: &Path, plain: SocketAddr, tls: SocketAddr, http2: SocketAddr) -> String {
    let folder = folder.display();
    format!(
        "worker_processes 1;
worker_cpu_affinity 01;
daemon off;
pid {folder}/nginx.pid;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    error_log {folder}/error.log crit;
    default_type text/plain;
    keepalive_requests 1000000000;
    keepalive_timeout 300s;
    sendfile on;
    tcp_nopush on; # as Debian's own configuration: head and body leave together
    open_file_cache max=16;
    add_header X-Content-Type-Options nosniff always;
    client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
    uwsgi_temp_path {folder}; scgi_temp_path {folder};
    server {{
        listen {plain};
        listen {tls} ssl;
        listen {http2} ssl http2;
        ssl_certificate {folder}/server.pem;
        ssl_certificate_key {folder}/server.key;
        ssl_protocols TLSv1.3;
        root {folder};
    }}
}}
"
    )
}
