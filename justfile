# Each recipe is one or two plain cargo lines; nobody needs just to work on waferdeck.

# List the recipes.
default:
    @just --list

# Open the workbench.
run *args:
    cargo run --release -- {{args}}

# Open the workbench on the mock: no key, no network.
demo *args:
    cargo run --release -- --mock {{args}}

# Every test.
test *args:
    cargo test --locked {{args}}

# The screens and the made parts of the documents; look at each difference before accepting it.
snap:
    cargo test --locked --test it -- screens readme

# The built program in a pseudo-terminal.
e2e:
    cargo test --locked --test e2e

# Measure the parts, the mock and the whole program.
bench *args:
    cargo bench --locked {{args}}

# Lints as errors.
lint:
    cargo clippy --all-targets --locked -- -D warnings

# The crates that are built in, by deny.toml; needs cargo-deny. The tests hold the same rules without it.
deny:
    cargo deny --locked check licenses bans sources

# Format the code.
fmt:
    cargo fmt

# The documentation of the code.
doc:
    RUSTDOCFLAGS="-D warnings" cargo doc --no-deps --locked

# What must pass before a change goes in, the steps of .ci/run.
ci:
    cargo test --locked
    cargo fmt --check
    cargo clippy --all-targets --locked -- -D warnings
    RUSTDOCFLAGS="-D warnings" cargo doc --no-deps --locked
    cargo test --locked --test e2e -- starts
    cargo clippy --all-targets --features faults,keyring --locked -- -D warnings
    cargo test --locked --features faults,keyring --lib -- key
    cargo test --locked --features faults,keyring --test e2e -- faults
