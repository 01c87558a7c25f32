import type { Clock } from '../base/measure/clock.ts'
import type { QueueClient } from './client.ts'

/** Another clock as compared with the own one. Times in ms. */
export interface ClockReading {
  /** To be added to the own clock to get the other's time. */
  readonly offsetMs: number
  /** The shortest round trip of a question: the offset is at most half of it wrong. */
  readonly roundTripMs: number
}

const questions = 10

/**
 * Asks another clock for its time again and again. The answer that came soonest says most (Cristian's algorithm): the
 * other clock was read somewhere between question and answer, halfway for all that is known.
 */
export async function readClock(clock: Clock, ask: () => Promise<number>): Promise<ClockReading> {
  let best: ClockReading | null = null
  for (let question = 0; question < questions; question++) {
    const askedAt = clock.now()
    const time = await ask()
    const answeredAt = clock.now()
    const roundTripMs = answeredAt - askedAt
    if (best && roundTripMs >= best.roundTripMs) continue
    best = { offsetMs: time - (askedAt + answeredAt) / 2, roundTripMs }
  }
  return best as ClockReading
}

/** The server's time, ms since 1970. */
export async function serverTime(client: QueueClient): Promise<number> {
  const [seconds, microseconds] = await client.time()
  return Number(seconds) * 1000 + Number(microseconds) / 1000
}
