//! What each figure is called, what it means and what it cannot know: one table for every place that shows figures.
//!
//! Sidebar, help and documents read it, so that they cannot say different things.

/// A figure in words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Definition {
    /// The name in machine output, and the one to look it up by.
    pub key: &'static str,
    /// The name on screen.
    pub label: &'static str,
    /// The unit on screen; empty where it is a bare number or a word.
    pub unit: &'static str,
    /// What it is, in one sentence without a full stop.
    pub sentence: &'static str,
    /// How it is reckoned, in the symbols of [`SYMBOLS`]; empty where there is nothing to reckon.
    pub formula: &'static str,
    /// What it cannot know, or when it is not there; empty where nothing has to be said.
    pub unknown: &'static str,
}

/// The symbols of the formulas.
pub const SYMBOLS: [(&str, &str); 10] = [
    ("t0", "the successful attempt is handed to the connection"),
    ("tR", "first text or tool call, reasoning included"),
    ("tC", "first text of the answer, or tool call"),
    ("tL", "last text or tool call"),
    ("tE", "end of the stream"),
    (
        "n",
        "completion tokens as the server counts them, reasoning included",
    ),
    (
        "m",
        "those of n whose text came: without reasoning that the server keeps to itself",
    ),
    (
        "n1",
        "tokens that came with tR, by their share of the bytes, at least 1",
    ),
    ("k", "deltas that bore text or a tool call"),
    ("Δ", "time between two deltas that follow each other"),
];

/// The definition of the figure with this key.
pub fn definition(key: &str) -> Option<&'static Definition> {
    DEFINITIONS.iter().find(|d| d.key == key)
}

const fn define(
    [key, label, unit]: [&'static str; 3],
    sentence: &'static str,
    formula: &'static str,
    unknown: &'static str,
) -> Definition {
    Definition {
        key,
        label,
        unit,
        sentence,
        formula,
        unknown,
    }
}

const NOISE: &str = "not there under 32 tokens or 20 ms: it would be noise";
const FROM_SERVER: &str = "the server's own account; nothing here can check it";

/// Every figure, in the order in which people read them.
pub static DEFINITIONS: &[Definition] = &[
    define(
        ["ttft", "TTFT", "ms"],
        "time to first token: until the first text came, reasoning counts and a chunk with a role alone does not",
        "tR − t0",
        "a new connection's name, TCP and TLS are in it, and so is the way through the network",
    ),
    define(
        ["ttfa", "first answer", "ms"],
        "time to the first text that is not reasoning",
        "tC − t0",
        "not there while only reasoning has come",
    ),
    define(
        ["thinking", "thinking", "ms"],
        "how long reasoning came before the answer began",
        "tC − tR",
        "reasoning that the server keeps to itself is in TTFT instead",
    ),
    define(
        ["e2e", "total", "s"],
        "end to end: from sending to the end of the stream, failed attempts and their waits excluded",
        "tE − t0",
        "",
    ),
    define(
        ["speed_server", "server", "tok/s"],
        "output speed by the server's clock, network excluded",
        "n / completion_time",
        "the server's own account; not there under 32 tokens or 20 ms, or where it took longer than the whole",
    ),
    define(
        ["speed_wall", "wall", "tok/s"],
        "output speed as it arrived here, after what came first",
        "(m − n1) / (tL − tR)",
        "n1 is an estimate; bursts of the network are in it, so that it may exceed the server's; not there under 32 tokens or 20 ms after what came first",
    ),
    define(
        ["speed_overall", "overall", "tok/s"],
        "output tokens by all the time a person waited for them",
        "n / (tE − t0)",
        NOISE,
    ),
    define(
        ["speed_live", "now", "tok/s"],
        "speed over the last second of a stream that goes on",
        "bytes of the last second / bytes a token",
        "an estimate: bytes a token are those of earlier answers of the model in this session, or 4, and a delta is at least one token",
    ),
    define(
        ["speed_peak", "peak", "tok/s"],
        "the best second: most tokens in any second after the first text; of a shorter answer all of it",
        "max of bytes in a second / bytes a token",
        "an estimate until the server has counted the tokens; a burst of the network counts as speed; not there before a second of text, nor where all of it is under 32 tokens or 20 ms",
    ),
    define(
        ["tpot", "TPOT", "ms"],
        "time per output token after the first",
        "(tL − tR) / (m − 1)",
        "first deltas with several tokens make it look better in short answers; not there under 32 tokens or 20 ms",
    ),
    define(
        ["prompt_tokens", "in", "tok"],
        "tokens of the prompt, those of the template and the cache included",
        "usage.prompt_tokens",
        FROM_SERVER,
    ),
    define(
        ["cached_tokens", "cached", "tok"],
        "those tokens of the prompt that came out of the server's cache",
        "usage.prompt_tokens_details.cached_tokens",
        FROM_SERVER,
    ),
    define(
        ["completion_tokens", "out", "tok"],
        "all tokens that were made, reasoning and hidden control tokens included",
        "usage.completion_tokens",
        "known at the end alone; an answer that is stopped is never counted, and shows an estimate",
    ),
    define(
        ["reasoning_tokens", "reasoning", "tok"],
        "those tokens of the answer that were spent on reasoning",
        "usage.completion_tokens_details.reasoning_tokens",
        FROM_SERVER,
    ),
    define(
        ["tokens_per_delta", "a delta", "tok"],
        "tokens in one delta: a delta is a step of the decoder and not a token",
        "m / k",
        "control tokens without text make it a little too high; not there for tool calls and for what came in one piece",
    ),
    define(
        ["prefill_rate", "prefill", "tok/s"],
        "tokens of the prompt that were read in a second, cached ones excluded",
        "(prompt_tokens − cached_tokens) / prompt_time",
        "not there under 32 tokens that were not cached, nor where all were",
    ),
    define(
        ["queue", "queue", "ms"],
        "how long the request waited at the server",
        "queue_time",
        FROM_SERVER,
    ),
    define(
        ["prompt", "prompt", "ms"],
        "how long the server read the prompt",
        "prompt_time",
        FROM_SERVER,
    ),
    define(
        ["generation", "generation", "ms"],
        "how long the server made tokens",
        "completion_time",
        FROM_SERVER,
    ),
    define(
        ["other", "other server", "ms"],
        "time of the server that belongs to none of its parts",
        "total_time − queue_time − prompt_time − completion_time",
        FROM_SERVER,
    ),
    define(
        ["network", "network", "ms"],
        "what is left of the whole: network and this program",
        "(tE − t0) − total_time, not below zero",
        "the two cannot be told apart; where the server claims more than the whole it is zero and the bar says so",
    ),
    define(
        ["gap", "gap", "ms"],
        "time between two deltas, not between two tokens",
        "Δ",
        "deltas within 5 ms of each other may be read together: their gaps are zero then, and the next is longer by as much",
    ),
    define(
        ["stall", "stall", "ms"],
        "a gap over `ui.stall_ms`, marked with ⋯ at its place in the text",
        "Δ > threshold",
        "whether the server or the network was silent",
    ),
    define(
        ["cost", "cost", "USD"],
        "what the answer costs by the model's list price",
        "(prompt_tokens × price in + completion_tokens × price out) / 1,000,000",
        "discounts and free tiers; not there without a price or a count, nor for the mock",
    ),
    define(
        ["attempts", "attempts", ""],
        "requests that were sent for the answer, the successful one included",
        "",
        "",
    ),
    define(
        ["retry_rate", "retry rate", "%"],
        "failed attempts after which another was to follow, for each hundred answers",
        "retries / answers",
        "",
    ),
    define(
        ["waited", "waited", "s"],
        "from asking to the end: waits for a place or a quota, failed attempts and their waits included",
        "",
        "",
    ),
    define(
        ["breaches", "breaches", ""],
        "answers over their latency budget, of those that were judged",
        "over / judged",
        "not judged are answers without a budget, and those that ended within it without the figure that it limits",
    ),
    define(
        ["context", "context", "%"],
        "how much of the model's context window the prompt and the answer took",
        "(prompt_tokens + completion_tokens) / context window",
        "not there where the model's window is not known or the tokens were not counted",
    ),
    define(
        ["quota", "left", ""],
        "what is left of the requests and tokens of this minute, refilled to this moment",
        "x-ratelimit-remaining, and what flowed back since",
        "what others use of the same quota; from a preset or your own limits where the server says nothing",
    ),
    define(
        ["http", "HTTP", ""],
        "version of HTTP that the reply came by",
        "",
        "known when the answer has ended",
    ),
    define(
        ["request_id", "request id", ""],
        "the provider's id of the request, for questions to its support",
        "",
        "not every server gives one",
    ),
    define(
        ["connection", "connection", ""],
        "whether the request opened a connection or found one open",
        "",
        "",
    ),
    define(
        ["count", "n", ""],
        "how many samples a distribution has",
        "",
        "",
    ),
    define(["min", "min", ""], "the smallest sample", "", ""),
    define(["mean", "mean", ""], "all samples by their number", "", ""),
    define(
        ["p50", "p50", ""],
        "the median: half of the samples are not larger",
        "sample ⌈0.50 n⌉ in order",
        "right within half a percent",
    ),
    define(
        ["p90", "p90", ""],
        "one in ten samples is larger",
        "sample ⌈0.90 n⌉ in order",
        "right within half a percent; not shown under 10 samples, where it would be the largest",
    ),
    define(
        ["p95", "p95", ""],
        "one in twenty samples is larger",
        "sample ⌈0.95 n⌉ in order",
        "right within half a percent; not shown under 20 samples, where it would be the largest",
    ),
    define(
        ["p99", "p99", ""],
        "one in a hundred samples is larger",
        "sample ⌈0.99 n⌉ in order",
        "right within half a percent; not shown under 100 samples, where it would be the largest",
    ),
    define(["max", "max", ""], "the largest sample", "", ""),
    define(
        ["lag", "lag", "ms"],
        "from a read at the socket to the end of the write of the first frame that shows its text",
        "",
        "what the terminal does after the write; what a reading speed holds back is not counted",
    ),
    define(
        ["frame", "frame", "ms"],
        "layout, comparison with the frame before, and write",
        "",
        "",
    ),
    define(
        ["dropped", "dropped", ""],
        "frames that were due while text waited, one every 16 ms, and did not come",
        "",
        "",
    ),
    define(
        ["frames", "frames", ""],
        "frames that showed new text, since the start",
        "",
        "",
    ),
];
