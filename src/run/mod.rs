//! One run from plan to record: stacks, tokens, audit, load. Says what it does through one channel of events.
