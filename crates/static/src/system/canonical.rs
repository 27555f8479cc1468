//! Portable path resolution: canonicalizes a path before it is opened.
//!
//! A process that can write below the root could replace a directory by a link between the check
//! and the open. Only the kernel can prevent this race, see the Linux implementation.

use std::{
    fs::{self, File},
    io,
    ops::ControlFlow,
    path::Path,
};

use super::{Directory, Opened, Symlinks, signature::Signature};

pub(super) fn open(root: &Path, name: &str, symlinks: Symlinks) -> io::Result<Opened> {
    let not_found = || io::Error::from(io::ErrorKind::NotFound);
    let root = fs::canonicalize(root).map_err(|_| not_found())?;
    let path = name
        .split('/')
        .filter(|segment| !segment.is_empty())
        .fold(root.clone(), |path, segment| path.join(segment));
    let real = fs::canonicalize(&path).map_err(|_| not_found())?;
    let allowed = match symlinks {
        Symlinks::Within => real.starts_with(&root),
        Symlinks::Refuse => real == path,
        Symlinks::Anywhere => true,
    };
    if !allowed {
        return Err(not_found());
    }
    // Checked before opening: opening a FIFO would wait for a writer.
    let kind = fs::symlink_metadata(&real)?.file_type();
    if kind.is_dir() {
        Ok(Opened::Directory(Directory::Path(real)))
    } else if kind.is_file() {
        let file = File::open(&real).map_err(|error| match error.kind() {
            io::ErrorKind::PermissionDenied => not_found(),
            _ => error,
        })?;
        let signature = Signature::of(&file)?;
        Ok(Opened::File(file, signature))
    } else {
        Err(not_found())
    }
}

pub(super) fn each_name(
    directory: &Path,
    mut visit: impl FnMut(&[u8]) -> ControlFlow<()>,
) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        if visit(entry?.file_name().as_encoded_bytes()).is_break() {
            break;
        }
    }
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    use std::{fs, os::unix::fs::symlink};

    use super::{
        super::{IoMode, imp},
        *,
    };

    /// Both implementations give the same result.
    #[test]
    fn openat2_and_canonicalization_agree() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("tree");
        fs::create_dir_all(root.join("dir/inner")).unwrap();
        fs::create_dir(folder.path().join("tree-secret")).unwrap();
        for file in ["tree/a", "tree/dir/b", "tree-secret/c", "outside"] {
            fs::write(folder.path().join(file), file).unwrap();
        }
        symlink("dir/b", root.join("link-in")).unwrap();
        symlink("dir", root.join("link-dir")).unwrap();
        symlink("../outside", root.join("link-out")).unwrap();
        symlink("../../tree/a", root.join("dir/link-out-and-in")).unwrap();
        symlink("../tree-secret", root.join("link-sibling")).unwrap();
        symlink("loop", root.join("loop")).unwrap();
        symlink("nowhere", root.join("dangling")).unwrap();
        rustix::fs::mknodat(
            rustix::fs::CWD,
            root.join("fifo"),
            rustix::fs::FileType::Fifo,
            0o600.into(),
            0,
        )
        .unwrap();
        let (file, directory, nothing) = ("file", "directory", "nothing");
        for (name, within, refuse, anywhere) in [
            ("", directory, directory, directory),
            ("a", file, file, file),
            ("dir", directory, directory, directory),
            ("dir/b", file, file, file),
            ("nowhere", nothing, nothing, nothing),
            ("a/b", nothing, nothing, nothing),
            ("link-in", file, nothing, file),
            ("link-dir/b", file, nothing, file),
            ("link-dir", directory, nothing, directory),
            ("link-out", nothing, nothing, file),
            ("link-sibling/c", nothing, nothing, file),
            ("loop", nothing, nothing, nothing),
            ("dangling", nothing, nothing, nothing),
            ("fifo", nothing, nothing, nothing),
        ] {
            for (symlinks, wanted) in [
                (Symlinks::Within, within),
                (Symlinks::Refuse, refuse),
                (Symlinks::Anywhere, anywhere),
            ] {
                let kind = |opened: io::Result<Opened>| match opened {
                    Ok(Opened::File(..)) => file,
                    Ok(Opened::Directory(_)) => directory,
                    Err(error) if error.kind() == io::ErrorKind::NotFound => nothing,
                    Err(error) => panic!("{name}: {error}"),
                };
                assert_eq!(
                    kind(open(&root, name, symlinks)),
                    wanted,
                    "{name}, {symlinks:?}"
                );
                let handle = imp::open_root(&root).unwrap();
                let found = imp::find(&handle, name, symlinks, IoMode::Blocking);
                if let Some(opened) = found.transpose() {
                    assert_eq!(kind(opened), wanted, "{name}, {symlinks:?}, openat2");
                }
            }
        }
    }
}
