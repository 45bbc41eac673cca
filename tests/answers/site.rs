//! The sample with a chat channel, whose document asks for a token and a mode.
#![allow(dead_code, reason = "each test program uses its own part of this")]

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::{PROJECT, Run, World};

/// A chat channel, whose adapter reads `.env`.
pub const DOCUMENT: &str = "---
name: add-chat
description: a chat channel
layouts: dockerfile
---

# Chat

## adapter

```nc:append to:src/config.ts
export const chat = 1;
```

## credentials

```nc:operator
Make a bot, and copy its token.
```

```nc:prompt token secret normalize:trim validate:^tok-
The bot's token.
```

```nc:prompt mode choices:socket,webhook
How do messages come?
```

```nc:prompt port validate:^[0-9]+$ when:mode=webhook
The port.
```

```nc:operator when:mode=webhook
Open the port {{port}}.
```

```nc:env-set
CHAT_TOKEN={{token}}
CHAT_MODE=by-{{mode}}
```

## owner

```nc:run effect:external
printf '%s|%s\\n' '<{{token}}>' \"{{mode}}\" >> \"$HOME/called\"; printf 'token {{token}}\\n'
```

```nc:run effect:external when:mode=webhook
printf 'port %s\\n' {{port}} >> \"$HOME/called\"
```
";

/// A checkout with the channel installed.
pub fn world() -> World {
    let world = World::of(&Path::new(PROJECT).join("fixtures/sample"));
    fs::write(document(&world), DOCUMENT).expect("a document");
    fs::write(
        world.root.join("src/config.ts"),
        "const env = readEnvFile(['CHAT_TOKEN', 'CHAT_MODE']);\n",
    )
    .expect("a source");
    let path = document(&world);
    let run = world.nanoclaw(&["skill", "add", path.to_str().expect("UTF-8"), "-y"]);
    ends(&run, 0, "chat is installed");
    ends(
        &run,
        0,
        "  # credentials, owner\n  nanoclaw skill configure ",
    );
    world
}

pub fn document(world: &World) -> PathBuf {
    world.base().join("home/chat.md")
}

pub fn configure(world: &World, arguments: &[&str]) -> Run {
    let path = document(world);
    let path = path.to_str().expect("UTF-8");
    world.nanoclaw(&[&["skill", "configure", path], arguments].concat())
}

pub fn env(world: &World) -> String {
    fs::read_to_string(world.root.join(".env")).unwrap_or_default()
}

pub fn called(world: &World) -> String {
    fs::read_to_string(world.base().join("home/called")).unwrap_or_default()
}

pub fn ends(run: &Run, code: i32, words: &str) {
    assert_eq!(run.code, code, "{run:?}");
    assert!(run.stderr.contains(words), "no `{words}` in {run:?}");
    assert!(!format!("{run:?}").contains("tok-secret"), "{run:?}");
}
