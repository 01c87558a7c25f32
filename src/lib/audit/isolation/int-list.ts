/** Whole numbers of 32 bits in a list that grows, in 4 bytes each. */
export interface IntList {
  readonly length: number
  push(value: number): void
  at(place: number): number
}

const firstCapacity = 1024

/** Creates an empty list. */
export function createIntList(): IntList {
  let values = new Int32Array(firstCapacity)
  let length = 0
  return {
    get length() {
      return length
    },
    push: (value) => {
      if (length === values.length) {
        const larger = new Int32Array(length * 2)
        larger.set(values)
        values = larger
      }
      values[length++] = value
    },
    at: (place) => values[place] ?? 0,
  }
}
