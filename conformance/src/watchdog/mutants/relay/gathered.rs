//! What goes on to the other side after some bytes have come.
//! It knows what a fault wants to become of each part.
//! It refuses to know connections: whoever has them asks for the fate.

use super::Fate;

/// Bytes that go on, and whether the connection does.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    pub out: Vec<u8>,
    pub fate: Fate,
}

impl Gathered {
    pub fn whole(out: Vec<u8>) -> Self {
        Self {
            out,
            fate: Fate::Pass,
        }
    }

    /// Whether more may follow.
    pub fn goes_on(&self) -> bool {
        self.fate == Fate::Pass
    }

    pub fn add(&mut self, raw: Vec<u8>, fate: Fate) {
        match fate {
            Fate::Pass => self.out.extend(raw),
            Fate::Drop => {}
            Fate::Late(pause) => {
                std::thread::sleep(pause);
                self.out.extend(raw);
            }
            Fate::Close => {
                self.out.extend(raw);
                self.fate = Fate::Cut;
            }
            other => self.fate = other,
        }
    }
}
