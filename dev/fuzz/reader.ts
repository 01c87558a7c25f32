import type * as fc from 'fast-check'

/** Function that reads outside input, and a generator of such inputs. */
export interface Reader<Input = unknown> {
  /** As it is named on the command line. */
  readonly name: string
  /** Name of its input, for people. */
  readonly what: string
  readonly inputs: fc.Arbitrary<Input>
  /** Makes ready what takes longer than an input may. */
  readonly open: () => Promise<OpenReader<Input>>
}

/** A reader that is ready. */
export interface OpenReader<Input> {
  /** Reads one. Returns, or throws a refusal (`isRefusal`); anything else that it throws is a fault. */
  readonly read: (input: Input) => void | Promise<void>
  readonly close: () => Promise<void>
}

/** Keeps the type of the inputs, which a list of readers has no need of. */
export function reader<Input>(definition: Reader<Input>): Reader {
  return definition as unknown as Reader
}

/** A reader that needs nothing but its input. */
export function pure<Input>(read: (input: Input) => void | Promise<void>): () => Promise<OpenReader<Input>> {
  return async () => ({ read, close: async () => {} })
}
