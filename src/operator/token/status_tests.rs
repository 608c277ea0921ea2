//! Claims about statuses.

use super::*;
