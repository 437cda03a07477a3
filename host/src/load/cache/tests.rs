//! The cache on real compiled code: entries that are used, entries that are not, and no failure that is fatal.

use super::*;
use std::fs;
use std::sync::atomic::{AtomicU32, Ordering};
use wasmtime::{Config, ModuleVersionStrategy};

/// A folder that ends with its test.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("connector-cache-{}-{count}", std::process::id());
        let path = std::env::temp_dir().join(name);
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Self(path.canonicalize().unwrap())
    }

    fn cache(&self) -> CompileCache {
        CompileCache::open(&self.0, None, 64 << 20).unwrap()
    }

    /// The cache's files, each with its name.
    fn files(&self) -> Vec<PathBuf> {
        let mut files: Vec<_> = fs::read_dir(self.0.join(OWN_FOLDER))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        files.sort();
        files
    }

    fn only_file(&self) -> PathBuf {
        let files = self.files();
        assert_eq!(files.len(), 1, "{files:?}");
        files[0].clone()
    }

    fn key(&self) -> PathBuf {
        self.0.join(KEY_FILE)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A component with a number in its bytes and in its code, which distinguishes it from others.
fn bytes(number: u32) -> Vec<u8> {
    wat::parse_str(format!(
        "(component (core module (func (export \"f\") (result i32) i32.const {number})))"
    ))
    .unwrap()
}

fn digest(number: u32) -> [u8; 32] {
    use sha2::Digest;
    sha2::Sha256::digest(bytes(number)).into()
}

/// Loads a component, and returns true if it was compiled.
fn load(cache: &CompileCache, engine: &Engine, number: u32) -> (CacheUse, bool) {
    let mut compiled = false;
    let (_, outcome) = cache
        .component(engine, &digest(number), || {
            compiled = true;
            Component::from_binary(engine, &bytes(number))
        })
        .unwrap();
    (outcome, compiled)
}

#[test]
fn compiled_code_is_reused_even_by_another_host() {
    let (scratch, engine) = (Scratch::new(), Engine::default());
    let first = scratch.cache();
    assert_eq!(load(&first, &engine, 1), (CacheUse::Miss, true));
    assert_eq!(load(&first, &engine, 1), (CacheUse::Hit, false));
    assert_eq!(load(&first, &engine, 2), (CacheUse::Miss, true));
    let second = scratch.cache();
    let engine = Engine::default();
    assert_eq!(load(&second, &engine, 1), (CacheUse::Hit, false));
    assert_eq!(load(&second, &engine, 2), (CacheUse::Hit, false));
}

/// The byte may be anywhere in the file.
#[test]
fn file_with_changed_byte_is_recompiled_and_replaced() {
    let (scratch, engine) = (Scratch::new(), Engine::default());
    let cache = scratch.cache();
    load(&cache, &engine, 1);
    let file = scratch.only_file();
    let good = fs::read(&file).unwrap();
    let (format, mac, code) = (0, 16, 48);
    for place in [
        format,
        mac,
        code - 1,
        code,
        code + 100,
        good.len() / 2,
        good.len() - 1,
    ] {
        let mut bad = good.clone();
        bad[place] ^= 1;
        fs::write(&file, &bad).unwrap();
        assert_eq!(load(&cache, &engine, 1), (CacheUse::Rejected, true));
        assert_ne!(fs::read(&file).unwrap(), bad, "byte {place} was left");
        assert_eq!(load(&cache, &engine, 1), (CacheUse::Hit, false));
    }
}

#[test]
fn cut_extended_empty_or_foreign_file_is_replaced() {
    let (scratch, engine) = (Scratch::new(), Engine::default());
    let cache = scratch.cache();
    load(&cache, &engine, 1);
    let file = scratch.only_file();
    let good = fs::read(&file).unwrap();
    let longer = [good.as_slice(), b"x"].concat();
    let component_alone = Component::from_binary(&engine, &bytes(1))
        .unwrap()
        .serialize()
        .unwrap();
    for bad in [
        &good[..good.len() - 1],
        &good[..48],
        &good[..47],
        &good[..16],
        &longer,
        &component_alone,
        b"",
        b"# a text",
    ] {
        fs::write(&file, bad).unwrap();
        assert_eq!(load(&cache, &engine, 1), (CacheUse::Rejected, true));
        assert_eq!(load(&cache, &engine, 1), (CacheUse::Hit, false));
    }
}

#[test]
fn authentic_file_of_another_plugin_is_not_used() {
    let (scratch, engine) = (Scratch::new(), Engine::default());
    let cache = scratch.cache();
    load(&cache, &engine, 1);
    let first = scratch.only_file();
    load(&cache, &engine, 2);
    let second = scratch
        .files()
        .into_iter()
        .find(|file| *file != first)
        .unwrap();
    let (one, two) = (fs::read(&first).unwrap(), fs::read(&second).unwrap());
    fs::write(&first, two).unwrap();
    fs::write(&second, one).unwrap();
    for number in [1, 2] {
        assert_eq!(load(&cache, &engine, number), (CacheUse::Rejected, true));
        assert_eq!(load(&cache, &engine, number), (CacheUse::Hit, false));
    }
}

/// The key is that of another host.
#[test]
fn file_authenticated_with_foreign_key_is_not_used() {
    let (ours, theirs, engine) = (Scratch::new(), Scratch::new(), Engine::default());
    let cache = ours.cache();
    load(&cache, &engine, 1);
    load(&theirs.cache(), &engine, 1);
    fs::copy(theirs.only_file(), ours.only_file()).unwrap();
    assert_eq!(load(&cache, &engine, 1), (CacheUse::Rejected, true));
}

/// An engine with other settings or of another patch release finds nothing.
#[test]
fn engine_with_other_settings_or_release_finds_nothing() {
    let scratch = Scratch::new();
    let cache = scratch.cache();
    let engine = |change: &dyn Fn(&mut Config)| {
        let mut config = Config::new();
        change(&mut config);
        Engine::new(&config).unwrap()
    };
    assert_eq!(load(&cache, &engine(&|_| {}), 1).0, CacheUse::Miss);
    assert_eq!(load(&cache, &engine(&|_| {}), 1).0, CacheUse::Hit);
    let patch = |version: &str| ModuleVersionStrategy::Custom(version.to_owned());
    let others: [&dyn Fn(&mut Config); 4] = [
        &|config| {
            config.consume_fuel(true);
        },
        &|config| {
            config.epoch_interruption(true);
        },
        &|config| {
            config.module_version(patch("48.0.7")).unwrap();
        },
        &|config| {
            config.module_version(patch("48.0.9")).unwrap();
        },
    ];
    for change in others {
        assert_eq!(load(&cache, &engine(change), 1).0, CacheUse::Miss);
        assert_eq!(load(&cache, &engine(change), 1).0, CacheUse::Hit);
    }
    assert_eq!(load(&cache, &engine(&|_| {}), 1).0, CacheUse::Hit);
}

#[test]
fn default_engine_hash_covers_full_wasmtime_version() {
    // `docs/updates.md` relies on this. Wasmtime's own check of compiled code compares the major version alone.
    use std::hash::{Hash, Hasher};
    struct Seen(Vec<u8>);
    impl Hasher for Seen {
        fn write(&mut self, bytes: &[u8]) {
            self.0.extend_from_slice(bytes);
        }
        fn finish(&self) -> u64 {
            0
        }
    }
    let mut seen = Seen(Vec::new());
    Engine::default()
        .precompile_compatibility_hash()
        .hash(&mut seen);
    let lock = include_str!("../../../../Cargo.lock");
    let (_, rest) = lock
        .split_once("name = \"wasmtime\"\nversion = \"")
        .unwrap();
    let (version, _) = rest.split_once('"').unwrap();
    assert_eq!(version.split('.').count(), 3, "{version}");
    assert!(
        seen.0
            .windows(version.len())
            .any(|window| window == version.as_bytes()),
        "{version} is not in what the cache's names are made of"
    );
}

/// The oldest unused code goes when the cap is reached and foreign files stay.
#[test]
fn cap_evicts_oldest_unused_code_not_foreign_files() {
    let (scratch, engine) = (Scratch::new(), Engine::default());
    load(&scratch.cache(), &engine, 1);
    let size = fs::metadata(scratch.only_file()).unwrap().len();
    let foreign = scratch.0.join(OWN_FOLDER).join("notes.txt");
    fs::write(&foreign, "not the cache's").unwrap();
    let dead = scratch.0.join(OWN_FOLDER).join("unfinished-1-0-0");
    let fresh = scratch.0.join(OWN_FOLDER).join("unfinished-1-1-1");
    let past = |file: &Path, hours: u64| {
        let then = std::time::SystemTime::now() - std::time::Duration::from_secs(hours * 3600);
        let file = fs::OpenOptions::new().append(true).open(file).unwrap();
        file.set_modified(then).unwrap();
    };
    fs::write(&dead, "x").unwrap();
    past(&dead, 2);
    fs::write(&fresh, "x").unwrap();
    past(&scratch.files()[0], 9);

    // Capacity for two and a half entries.
    let cache = CompileCache::open(&scratch.0, None, size * 5 / 2).unwrap();
    load(&cache, &engine, 2);
    past(&file_of(&scratch, &engine, 2), 5);
    // Used, so it is younger than the second from now on.
    assert_eq!(load(&cache, &engine, 1).0, CacheUse::Hit);
    assert_eq!(load(&cache, &engine, 3).0, CacheUse::Miss);
    assert_eq!(load(&cache, &engine, 1).0, CacheUse::Hit);
    assert_eq!(load(&cache, &engine, 3).0, CacheUse::Hit);
    assert_eq!(load(&cache, &engine, 2).0, CacheUse::Miss, "it was removed");
    assert!(foreign.exists() && fresh.exists() && !dead.exists());
}

/// The file of a component.
fn file_of(scratch: &Scratch, engine: &Engine, number: u32) -> PathBuf {
    let name = EntryId::new(&digest(number), engine).file_name();
    scratch.0.join(OWN_FOLDER).join(name)
}

#[test]
fn code_larger_than_cache_is_used_not_kept() {
    let (scratch, engine) = (Scratch::new(), Engine::default());
    let cache = CompileCache::open(&scratch.0, None, 100).unwrap();
    for _ in 0..2 {
        assert_eq!(load(&cache, &engine, 1), (CacheUse::Miss, true));
    }
    assert_eq!(scratch.files(), [] as [PathBuf; 0]);
}

/// A folder that vanishes or holds a folder in a files place costs a compilation and no more.
#[test]
fn vanished_or_blocked_folder_costs_a_compilation() {
    let (scratch, engine) = (Scratch::new(), Engine::default());
    let cache = scratch.cache();
    load(&cache, &engine, 1);
    let file = scratch.only_file();
    fs::remove_file(&file).unwrap();
    fs::create_dir(&file).unwrap();
    fs::write(file.join("x"), "x").unwrap();
    assert_eq!(load(&cache, &engine, 1), (CacheUse::Miss, true));
    fs::remove_dir_all(scratch.0.join(OWN_FOLDER)).unwrap();
    assert_eq!(load(&cache, &engine, 1), (CacheUse::Miss, true));
}

#[test]
fn embedder_key_leaves_no_key_file() {
    let (scratch, engine) = (Scratch::new(), Engine::default());
    let open = |secret: u8| {
        let key = CacheKey::from_bytes([secret; 32]);
        assert_eq!(format!("{key:?}"), "CacheKey(given)");
        CompileCache::open(&scratch.0, Some(&key), 64 << 20).unwrap()
    };
    assert_eq!(load(&open(1), &engine, 1).0, CacheUse::Miss);
    assert_eq!(load(&open(1), &engine, 1).0, CacheUse::Hit);
    assert_eq!(load(&open(2), &engine, 1).0, CacheUse::Rejected);
    assert!(!scratch.key().exists());
}

#[test]
fn lost_key_is_made_and_code_compiled_again() {
    let (scratch, engine) = (Scratch::new(), Engine::default());
    load(&scratch.cache(), &engine, 1);
    fs::remove_file(scratch.key()).unwrap();
    assert_eq!(load(&scratch.cache(), &engine, 1).0, CacheUse::Rejected);
    assert_eq!(load(&scratch.cache(), &engine, 1).0, CacheUse::Hit);
}

#[test]
fn malformed_key_is_refused_with_remedy() {
    let scratch = Scratch::new();
    let good = "0123456789abcdef".repeat(4);
    for bad in [
        "",
        "\n",
        "not hexadecimal",
        good.split_at(1).1,
        &format!("{good}00"),
    ] {
        let _ = fs::remove_file(scratch.key());
        file::write_new(&scratch.key(), &[bad.as_bytes()]).unwrap();
        let error = CompileCache::open(&scratch.0, None, 1)
            .unwrap_err()
            .to_string();
        assert!(error.contains("64 hexadecimal digits"), "{error}");
        assert!(error.contains("Remove it"), "{error}");
        assert!(bad.len() < 9 || !error.contains(bad), "{error}");
    }
}

#[test]
fn hosts_starting_together_share_one_key() {
    let scratch = Scratch::new();
    let secrets: Vec<_> = std::thread::scope(|scope| {
        let open = || CompileCache::open(&scratch.0, None, 1).unwrap().secret;
        let threads: Vec<_> = (0..16).map(|_| scope.spawn(open)).collect();
        threads.into_iter().map(|t| t.join().unwrap()).collect()
    });
    assert!(secrets.iter().all(|secret| *secret == secrets[0]));
    assert_ne!(secrets[0], [0; 32]);
    let left: Vec<_> = fs::read_dir(&scratch.0).unwrap().collect();
    assert_eq!(left.len(), 2, "the key and the folder: {left:?}");
}

#[cfg(unix)]
mod unix {
    use super::*;
    use std::os::unix::fs::{PermissionsExt, symlink};

    fn refusal(scratch: &Scratch) -> String {
        CompileCache::open(&scratch.0, None, 1)
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn key_and_code_are_private_to_user() {
        let (scratch, engine) = (Scratch::new(), Engine::default());
        load(&scratch.cache(), &engine, 1);
        for (path, mode) in [
            (scratch.key(), 0o600),
            (scratch.only_file(), 0o600),
            (scratch.0.join(OWN_FOLDER), 0o700),
        ] {
            let found = fs::metadata(&path).unwrap().permissions().mode() & 0o777;
            assert_eq!(found, mode, "{}", path.display());
        }
    }

    #[test]
    fn key_open_to_others_is_refused_with_remedy() {
        let scratch = Scratch::new();
        scratch.cache();
        for (mode, fits) in [
            (0o600, true),
            (0o400, true),
            (0o640, false),
            (0o604, false),
            (0o620, false),
            (0o602, false),
        ] {
            fs::set_permissions(scratch.key(), fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(
                CompileCache::open(&scratch.0, None, 1).is_ok(),
                fits,
                "{mode:o}"
            );
            if !fits {
                let error = refusal(&scratch);
                assert!(error.contains(&format!("mode is {mode:o}")), "{error}");
                assert!(error.contains("Remove it"), "{error}");
            }
        }
    }

    #[test]
    fn a_key_that_another_user_owns_is_refused() {
        let scratch = Scratch::new();
        if rustix::process::geteuid().is_root() {
            scratch.cache();
            std::os::unix::fs::chown(scratch.key(), Some(12345), None).unwrap();
            let error = refusal(&scratch);
            assert!(error.contains("belongs to user 12345"), "{error}");
        } else {
            // Only root can give a file away, so one of root's stands in.
            let roots = CacheKey::file("/etc/passwd");
            let error = CompileCache::open(&scratch.0, Some(&roots), 1).unwrap_err();
            assert!(error.to_string().contains("belongs to user 0"), "{error}");
        }
    }

    #[test]
    fn link_or_folder_as_key_is_refused() {
        let scratch = Scratch::new();
        let elsewhere = scratch.0.join("elsewhere");
        fs::write(&elsewhere, "0".repeat(64)).unwrap();
        fs::set_permissions(&elsewhere, fs::Permissions::from_mode(0o600)).unwrap();
        symlink(&elsewhere, scratch.key()).unwrap();
        assert!(refusal(&scratch).contains("cannot be read"));
        fs::remove_file(scratch.key()).unwrap();
        fs::create_dir(scratch.key()).unwrap();
        assert!(refusal(&scratch).contains("is not a file"));
    }

    #[test]
    fn read_only_folder_still_serves_its_code() {
        let (scratch, engine) = (Scratch::new(), Engine::default());
        load(&scratch.cache(), &engine, 1);
        let folder = scratch.0.join(OWN_FOLDER);
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o500)).unwrap();
        let cache = scratch.cache();
        assert_eq!(load(&cache, &engine, 1), (CacheUse::Hit, false));
        assert_eq!(load(&cache, &engine, 2), (CacheUse::Miss, true));
        // Root can write to any folder.
        if !rustix::process::geteuid().is_root() {
            assert_eq!(load(&cache, &engine, 2), (CacheUse::Miss, true));
        }
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o700)).unwrap();
    }
}
