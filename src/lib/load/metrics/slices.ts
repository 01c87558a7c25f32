import {
  addDistributions,
  distributionOf,
  writeDistribution,
  type Distribution,
} from '../../base/measure/distribution.ts'

/** The response times of a run, stretch by stretch: samples within one depend on each other, stretches hardly do. */
export interface Slices {
  /** Length of each, seconds; what came after the last whole slice is in the last. */
  readonly seconds: number
  /** Of each, as `writeDistribution` writes them, microseconds. */
  readonly responseTimes: string[]
}

/** Collects response times into slices; its memory does not grow with the run. */
export interface SliceCollector {
  /** Takes the response times of the next second. */
  addSecond(responseTimes: Distribution): void
  /** `rest` came after the last whole second. */
  finish(rest: Distribution): Slices
}

/** Enough to tell what varies from chance, and few enough for a report. */
const maxSlices = 64

/** An empty collector. Slices last a second at first, and twice as long each time that there are 64 of them. */
export function createSliceCollector(): SliceCollector {
  let slices: Distribution[] = []
  let seconds = 1
  let slice = distributionOf([])
  let secondsInSlice = 0

  function doubleLength(): void {
    const halves = slices
    slices = []
    for (let i = 0; i + 1 < halves.length; i += 2)
      slices.push(addDistributions(halves[i] as Distribution, halves[i + 1] as Distribution))
    seconds *= 2
  }

  return {
    addSecond(responseTimes) {
      slice = addDistributions(slice, responseTimes)
      secondsInSlice++
      if (secondsInSlice < seconds) return
      slices.push(slice)
      slice = distributionOf([])
      secondsInSlice = 0
      if (slices.length === maxSlices) doubleLength()
    },
    finish(rest) {
      const last = slices.pop() ?? distributionOf([])
      return { seconds, responseTimes: [...slices, addDistributions(last, slice, rest)].map(writeDistribution) }
    },
  }
}
