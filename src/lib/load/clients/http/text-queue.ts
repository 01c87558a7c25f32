/** A text that came, and when. */
export interface QueuedText {
  readonly text: string
  /** ms on the clock of the run. */
  readonly at: number
}

/** What all queues of a generator hold together. */
export interface TextBudget {
  bytes: number
  readonly mostBytes: number
}

/** Texts in the order in which they came, of which the oldest are dropped where there are too many. */
export interface TextQueue {
  push(text: QueuedText): void
  /** The oldest; undefined when there is none. */
  shift(): QueuedText | undefined
  /** Some were dropped that nobody has received. */
  readonly hasDropped: boolean
  /** No more come: what it still holds counts no longer among what all hold, since whoever has it may let it go unread. */
  end(): void
}

/** What a text takes beside its characters, about. */
const overheadBytes = 100

/**
 * An empty queue, which holds at most `mostBytes` and shares `budget` with others; the latest text is always held.
 * `onDropped` is told of each text that is dropped.
 */
export function createTextQueue(mostBytes: number, budget: TextBudget, onDropped: () => void): TextQueue {
  let texts: (QueuedText | undefined)[] = []
  /** Index of the oldest: taking it out of the array would move all others. */
  let head = 0
  let bytes = 0
  let shared = budget
  let hasDropped = false

  function count(change: number): void {
    bytes += change
    shared.bytes += change
  }

  function shift(): QueuedText | undefined {
    const oldest = texts[head]
    if (!oldest) return undefined
    texts[head++] = undefined
    count(-sizeOf(oldest))
    if (head * 2 > texts.length) {
      texts = texts.slice(head)
      head = 0
    }
    return oldest
  }

  return {
    push(text) {
      texts.push(text)
      count(sizeOf(text))
      while ((bytes > mostBytes || shared.bytes > shared.mostBytes) && texts.length - head > 1) {
        shift()
        hasDropped = true
        onDropped()
      }
    },
    shift,
    get hasDropped() {
      return hasDropped
    },
    end() {
      shared.bytes -= bytes
      shared = { bytes: 0, mostBytes: Infinity }
    },
  }
}

function sizeOf({ text }: QueuedText): number {
  return text.length + overheadBytes
}
