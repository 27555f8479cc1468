//! `kubernetes.yaml` and `Containerfile`: checks that need neither a cluster nor images from
//! elsewhere.

use std::{
    env, net::SocketAddr, os::unix::fs::symlink, path::Path, process::Command, time::Duration,
};

use saphyr::{LoadableYamlNode, YamlOwned};
use squall::Limits;
use squall_prefork::control::{Client, find_in};
use testkit::{Running, Signal, TempDir, Wire, temp_dir, wait_until};

use super::{
    file,
    installed::{Installed, SECRET},
    substitute,
};
use crate::{program, supervised::quiet};

/// Returns the Deployment, the Service and the PodDisruptionBudget.
fn kubernetes() -> [YamlOwned; 3] {
    let objects = YamlOwned::load_from_str(&file("kubernetes.yaml", &[])).expect("YAML");
    objects.try_into().expect("three objects")
}

fn strings(list: &YamlOwned) -> Vec<&str> {
    let items = list.as_sequence().expect("a list").iter();
    items.map(|item| item.as_str().expect("a string")).collect()
}

const PROBES: [&str; 3] = ["startupProbe", "readinessProbe", "livenessProbe"];

#[test]
fn objects_refer_to_each_other() {
    let [deployment, service, budget] = kubernetes();
    let kinds = [&deployment, &service, &budget].map(|object| object["kind"].as_str());
    let expected = ["Deployment", "Service", "PodDisruptionBudget"];
    assert_eq!(kinds, expected.map(Some));
    let rollout = &deployment["spec"]["strategy"]["rollingUpdate"];
    assert_eq!(rollout["maxUnavailable"].as_integer(), Some(0));
    let template = &deployment["spec"]["template"];
    let pod = &template["spec"];
    for selector in [
        &deployment["spec"]["selector"]["matchLabels"],
        &pod["topologySpreadConstraints"][0]["labelSelector"]["matchLabels"],
        &service["spec"]["selector"],
        &budget["spec"]["selector"]["matchLabels"],
    ] {
        assert_eq!(selector, &template["metadata"]["labels"]);
    }
    let container = &pod["containers"][0];
    let port = &container["ports"][0];
    let flag = format!(
        "--port={}",
        port["containerPort"].as_integer().expect("a number")
    );
    assert!(strings(&container["args"]).contains(&&*flag));
    assert_eq!(service["spec"]["ports"][0]["targetPort"], port["name"]);
    for probe in PROBES {
        assert_eq!(container[probe]["httpGet"]["port"], port["name"], "{probe}");
    }
    let mount = &container["volumeMounts"][0];
    assert_eq!(mount["name"], pod["volumes"][0]["name"]);
    assert_eq!(
        container["env"][0]["name"].as_str(),
        Some("RUNTIME_DIRECTORY")
    );
    assert_eq!(container["env"][0]["value"], mount["mountPath"]);
    // The secret that the commands at the head of the file create.
    let secret = &container["env"][1]["valueFrom"]["secretKeyRef"];
    let [name, key] = ["name", "key"].map(|part| secret[part].as_str().expect("a string"));
    let text = file("kubernetes.yaml", &[]);
    assert!(text.contains(&format!("echo \"{key}=$(squall secret)\" |")));
    assert!(text.contains(&format!("kubectl create secret generic {name} ")));
}

#[test]
fn termination_grace_period_covers_the_shutdown() {
    let [deployment, ..] = kubernetes();
    let pod = &deployment["spec"]["template"]["spec"];
    let seconds = |number: Option<i64>| {
        Duration::from_secs(
            number
                .and_then(|number| number.try_into().ok())
                .expect("seconds"),
        )
    };
    let flags = strings(&pod["containers"][0]["args"]);
    let delay = flags
        .iter()
        .find_map(|flag| flag.strip_prefix("--drain-delay="));
    let delay = seconds(delay.and_then(|delay| delay.parse().ok()));
    // The supervisor's margin beyond the graceful timeout of its workers.
    let end = Limits::default().drain_delay(delay).longest_shutdown() + Duration::from_secs(5);
    assert!(seconds(pod["terminationGracePeriodSeconds"].as_integer()) > end);
}

/// Starts friendfeed with the arguments of a file, on a free port.
struct Container {
    running: Running,
    address: SocketAddr,
    runtime: TempDir,
}

impl Container {
    fn start(arguments: &str, (variable, secret): (String, String)) -> Self {
        let runtime = temp_dir();
        let mut command = Command::new(program::example());
        quiet(&mut command, runtime.path())
            .env("RUNTIME_DIRECTORY", runtime.path())
            .env(variable, secret)
            .args(arguments.split(' '));
        let running = Running::spawn(&mut command);
        let address = program::address(&running);
        Self {
            running,
            address,
            runtime,
        }
    }

    fn status(&self, path: &str) -> u16 {
        let mut wire = Wire::connect(self.address);
        wire.send(format!(
            "GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
        ));
        wire.response().status
    }
}

#[test]
fn readiness_fails_and_liveness_passes_during_shutdown() {
    let [deployment, ..] = kubernetes();
    let image = Installed::by("Containerfile");
    let container = &deployment["spec"]["template"]["spec"]["containers"][0];
    let path = |probe: &str| {
        let path = container[probe]["httpGet"]["path"].as_str();
        path.expect("a path").to_owned()
    };
    let arguments = substitute(
        strings(&container["args"]).join(" "),
        &[
            ("--address=0.0.0.0", "--address=127.0.0.1"),
            ("--port=8888", "--port=0"),
            ("/srv/friendfeed", &image.site()),
        ],
    );
    let variable = container["env"][1]["name"].as_str().expect("a name");
    let mut pod = Container::start(&arguments, (variable.to_owned(), SECRET.to_owned()));
    wait_until("the pod to be started", || {
        pod.status(&path("startupProbe")) == 200
    });
    assert_eq!(pod.status(&path("readinessProbe")), 200);
    wait_until("all workers", || {
        let found = find_in(pod.runtime.path());
        let client = found.first().and_then(|path| Client::connect(path).ok());
        let status = client.and_then(|mut client| client.status().ok());
        status.is_some_and(|status| status.state == "running")
    });
    image.is_served_at(pod.address);
    pod.running.signal(Signal::Term);
    wait_until("the pod to be left out", || {
        pod.status(&path("readinessProbe")) == 503
    });
    // Requests are still served during the rest of the delay.
    assert_eq!(pod.status(&path("livenessProbe")), 200);
    assert_eq!(pod.status("/whoami"), 200);
    pod.running.signal(Signal::Kill);
    pod.running.wait();
}

/// Returns a copy of the build context of the image.
fn context() -> TempDir {
    let (context, root) = (
        temp_dir(),
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../.."),
    );
    let root = root.canonicalize().expect("it is there");
    let ignore = file("Containerfile.dockerignore", &[]);
    for name in ignore.lines().filter_map(|line| line.strip_prefix('!')) {
        symlink(root.join(name), context.path().join(name)).expect("an empty directory");
    }
    context
}

#[test]
fn build_context_has_all_files_of_the_build() {
    let context = context();
    let containerfile = file("Containerfile", &[]);
    let (_, build) = containerfile.split_once("cargo build ").expect("a build");
    let (build, _) = build.split_once("\n\n").expect("a next stage");
    let words: Vec<_> = build.split_whitespace().collect();
    assert_eq!(
        words[..6],
        [
            "--locked",
            "--release",
            "--package",
            "squall",
            "--example",
            "friendfeed"
        ]
    );
    let sources = words.iter().filter(|word| word.starts_with("crates/"));
    assert!(sources.clone().count() > 0);
    for source in sources {
        assert!(context.path().join(source).exists(), "{source}");
    }
    // cargo fails if a member of the workspace is missing.
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--offline", "--no-deps", "--format-version=1"])
        .current_dir(context.path())
        .output()
        .expect("it builds this test");
    assert!(output.status.success(), "{output:?}");
}

#[test]
fn entry_point_uses_existing_flags() {
    let containerfile = file("Containerfile", &[]);
    let instruction = |name: &str| {
        let mut lines = containerfile
            .lines()
            .filter_map(|line| line.strip_prefix(name));
        let list: Vec<String> = serde_json::from_str(lines.next().expect(name)).expect("a list");
        list.join(" ")
    };
    assert!(instruction("ENTRYPOINT ").ends_with("/friendfeed"));
    assert!(
        containerfile.contains(
            "install -D target/release/examples/friendfeed /out/usr/local/bin/friendfeed"
        )
    );
    let image = Installed::by("Containerfile");
    let arguments = substitute(
        instruction("CMD "),
        &[
            ("0.0.0.0", "127.0.0.1 --port 0"),
            ("/srv/friendfeed", &image.site()),
        ],
    );
    let container = Container::start(&arguments, image.env());
    image.is_served_at(container.address);
}
