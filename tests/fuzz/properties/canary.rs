//! A planted fault behind four letters. A fuzzer that sees which code an input reaches gets there within seconds; one
//! that sees nothing would need four thousand million inputs.

/// Panics for an input that begins with `wren`, and for no other.
pub fn hold(input: &[u8]) {
    let mut letters = input.iter();
    // One step each, so that getting one letter right is something new.
    if letters.next() == Some(&b'w') && letters.next() == Some(&b'r') && letters.next() == Some(&b'e') {
        assert!(letters.next() != Some(&b'n'), "the canary sings");
    }
}
