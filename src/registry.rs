//! The agent providers that a checkout's sources register. Reads them as text, and runs nothing.

use std::path::Path;

use crate::checkout::{BARRELS, Checkout};
use crate::payload;
use crate::typescript;

/// The names that the agent runner in a container knows, in the order of its barrel: it ends at a start with any other.
#[must_use]
pub fn in_container(checkout: &Checkout) -> Vec<String> {
    let [_, barrel] = BARRELS;
    let [function, _] = REGISTRARS;
    registered(checkout, Path::new(barrel), function)
}

/// How a module registers a provider: with the agent runner, and with the host.
const REGISTRARS: [&str; 2] = ["registerProvider", "registerProviderContainerConfig"];

/// The names that a module registers itself.
#[must_use]
pub fn named_in(source: &[u8]) -> Vec<String> {
    let named = |function| typescript::named_in_calls(source, function);
    REGISTRARS.into_iter().flat_map(named).collect()
}

/// The names that the modules which a barrel imports give to a function.
fn registered(checkout: &Checkout, barrel: &Path, function: &str) -> Vec<String> {
    let imports = checkout.bytes(barrel).unwrap_or_default();
    let modules = payload::imported(barrel, &imports).into_iter();
    let mut names = Vec::new();
    for source in modules.filter_map(|module| checkout.bytes(&module)) {
        for name in typescript::named_in_calls(&source, function) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
    }
    names
}

#[expect(clippy::unwrap_used, reason = "a test may panic")]
#[cfg(test)]
mod tests {
    use std::fs;

    use super::in_container;
    use crate::checkout::{BARRELS, Checkout};

    #[test]
    fn what_the_imported_modules_register_is_known() {
        let folder = tempfile::tempdir().unwrap();
        let put = |path: &str, text: &str| {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        put(BARRELS[0], "");
        put(
            BARRELS[1],
            "import './a.js';\n// import './off.js';\nimport './gone.js';\n",
        );
        let folder_of = "container/agent-runner/src/providers";
        put(
            &format!("{folder_of}/a.ts"),
            "export function registerProvider(name) {}\nregisterProvider('a', make);\nregisterProvider(\"b\", make);\nregisterProvider('a', make);\n// registerProvider('c', make);\nregisterProvider(name, make);\nx.registerProvider('d', make);\n",
        );
        put(
            &format!("{folder_of}/off.ts"),
            "registerProvider('off', make);",
        );
        let checkout = Checkout::find(folder.path()).unwrap();
        assert_eq!(in_container(&checkout), ["a", "b"]);
    }
}
