import { studentQuantile } from './student.ts'

/** A test at a level; what it is to find, it finds with a power. */
export interface TestPlan {
  /** Two-sided probability of a false alarm. */
  readonly level: number
  /** Probability of finding a difference that is there. */
  readonly power: number
}

/**
 * The smallest difference that a t-test could have been expected to find: (t_(1 - level / 2) + t_power) times
 * the standard error (Bloom, "Minimum Detectable Effects", Evaluation Review 1995), in the unit of `error`.
 */
export function smallestDetectable(error: number, freedom: number, { level, power }: TestPlan): number {
  return (studentQuantile(1 - level / 2, freedom) + studentQuantile(power, freedom)) * error
}
