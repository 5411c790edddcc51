//! lighttpd with its CGI: the peer of the fork modes.
//! It knows its configuration.
//! It refuses any other use of it.

use std::fs;
use std::process::Command;

use super::Place;
use crate::fault::Fault;

pub fn command(command: &mut Command, place: &Place<'_>) -> Result<(), Fault> {
    let path = place.folder.join("lighttpd.conf");
    let text = format!(
        "server.document-root = \"{}\"\nserver.bind = \"127.0.0.1\"\nserver.port = {}\n\
         server.modules = ( \"mod_cgi\", \"mod_accesslog\" )\ncgi.assign = ( \"\" => \"\" )\n\
         accesslog.filename = \"{folder}/access.log\"\nserver.upload-dirs = ( \"{folder}\" )\n",
        place.bench.programs().display(),
        place.port,
        folder = place.folder.display(),
    );
    fs::write(&path, text)?;
    command.arg("-D").arg("-f").arg(path);
    Ok(())
}
