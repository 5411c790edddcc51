// Answers that come piece by piece.
// It knows what event streams need to live: a first line at once, and one now and then.
// It refuses to read ahead: a piece is asked for when the one before it has been taken.

const HELLO = Buffer.from(":\n\n");

export function encoded(piece) {
  if (piece instanceof Uint8Array) return piece;
  return typeof piece === "string" ? Buffer.from(piece) : Buffer.from(JSON.stringify(piece) + "\n");
}

export function iterator(pieces) {
  return pieces[Symbol.asyncIterator]?.() ?? pieces[Symbol.iterator]();
}

/** The first piece, before which everything can still become a proper error, and an iterator of all of them. */
export async function begun(pieces) {
  const source = iterator(pieces);
  const first = await source.next();
  async function* whole() {
    let step = first;
    try {
      for (; !step.done; step = await source.next()) yield step.value;
    } finally {
      if (!step.done) await source.return?.();
    }
  }
  return [first.value, whole()];
}

/** An event stream with a comment first, so that its head leaves, and one in every silence, so that nobody takes it for dead. */
export async function* keptAlive(pieces, milliseconds) {
  const source = iterator(pieces);
  let over = false;
  // Between the lines alone: a comment in the middle of one would break the event.
  let isBetween = true;
  try {
    yield HELLO;
    while (!over) {
      const coming = Promise.resolve(source.next());
      while ((await within(coming, milliseconds)) === undefined) {
        if (isBetween) yield HELLO;
      }
      const step = await coming;
      over = step.done;
      if (over) return;
      const piece = encoded(step.value);
      isBetween = piece.at(-1) === 0x0a;
      yield piece;
    }
  } catch (error) {
    over = true;
    throw error;
  } finally {
    // One that waits for something answers this when it is done with that, if ever: nobody waits here.
    if (!over) Promise.resolve(source.return?.()).catch(() => {});
  }
}

/** What comes of the promise, or undefined after so long. */
async function within(promise, milliseconds) {
  let timer;
  const late = new Promise((resolve) => {
    if (milliseconds) timer = setTimeout(resolve, milliseconds);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
