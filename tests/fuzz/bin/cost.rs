//! What hack/cost.sh counts the instructions of. Without arguments: the cases, one on each line, with their two
//! sizes and how these may compare. With a case's number and a size: that case runs once.

use scim_fuzz::cost::{CASES, measured, prepare};

fn main() {
    let mut arguments = std::env::args().skip(1).map(|argument| argument.parse::<usize>().expect("a number"));
    let (Some(case), Some(size)) = (arguments.next(), arguments.next()) else {
        for (at, case) in CASES.iter().enumerate() {
            println!("{at}\t{}\t{}\t{}\t{}", case.size, 4 * case.size, case.growth.as_str(), case.name);
        }
        return;
    };
    let case = &CASES[case];
    let input = (case.make)(size);
    prepare();
    measured(case.run, &input);
}
