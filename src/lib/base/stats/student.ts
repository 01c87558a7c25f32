/** A normal distribution is Student's with so many degrees of freedom. */
const normal = Infinity

/**
 * The probability that a value of Student's t distribution lies further from 0 than `t`, to both sides.
 * `freedom` is its degrees of freedom, Infinity for the normal distribution. By the incomplete beta
 * function (Abramowitz and Stegun, 26.7.1 and 26.5.8).
 */
export function twoSidedP(t: number, freedom: number): number {
  if (Number.isNaN(t)) return 1
  if (freedom === normal) return complementaryError(Math.abs(t) / Math.SQRT2)
  if (!Number.isFinite(t)) return 0
  return incompleteBeta(freedom / (freedom + t * t), freedom / 2, 0.5)
}

const halvings = 80

/** The t that Student's distribution stays below with probability `p` (0.5 to 1); the inverse of `twoSidedP`. */
export function studentQuantile(p: number, freedom: number): number {
  const beyond = 2 * (1 - p)
  let low = 0
  let high = 1
  while (twoSidedP(high, freedom) > beyond) high *= 2
  for (let i = 0; i < halvings; i++) {
    const middle = (low + high) / 2
    if (twoSidedP(middle, freedom) > beyond) low = middle
    else high = middle
  }
  return (low + high) / 2
}

/** The complementary error function by Chebyshev fitting, good to 1.2e-7 of its value ("Numerical Recipes in C", 6.2). */
function complementaryError(x: number): number {
  const t = 1 / (1 + 0.5 * x)
  const coefficients = [
    0.17087277, -0.82215223, 1.48851587, -1.13520398, 0.27886807, -0.18628806, 0.09678418, 0.37409196, 1.00002368,
    -1.26551223,
  ]
  const series = coefficients.reduce((sum, coefficient) => sum * t + coefficient, 0)
  return t * Math.exp(-x * x + series)
}

/** The regularised incomplete beta function I_x(a, b). */
function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0
  if (x >= 1) return 1
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x))
  // The fraction converges quickly only on one side of the mean.
  if (x < (a + 1) / (a + b + 2)) return (front * betaFraction(x, a, b)) / a
  return 1 - (front * betaFraction(1 - x, b, a)) / b
}

const tiny = 1e-300
const precision = 1e-15
const maxTerms = 300

/** The continued fraction of the incomplete beta function, by Lentz's method ("Numerical Recipes in C", 6.4). */
function betaFraction(x: number, a: number, b: number): number {
  let c = 1
  let d = 1 / nonZero(1 - ((a + b) * x) / (a + 1))
  let fraction = d
  for (let m = 1; m <= maxTerms; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m))
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1))
    let change = 1
    for (const term of [even, odd]) {
      d = 1 / nonZero(1 + term * d)
      c = nonZero(1 + term / c)
      change = c * d
      fraction *= change
    }
    if (Math.abs(change - 1) < precision) break
  }
  return fraction
}

function nonZero(value: number): number {
  return Math.abs(value) < tiny ? tiny : value
}

const lanczos = [
  76.18009172947146, -86.50532032941678, 24.01409824083091, -1.231739572450155, 0.1208650973866179e-2,
  -0.5395239384953e-5,
]

/** The logarithm of the gamma function for x > 0 (Lanczos; "Numerical Recipes in C", 6.1). */
function logGamma(x: number): number {
  const shifted = x + 5.5
  let series = 1.000000000190015
  for (const [index, coefficient] of lanczos.entries()) series += coefficient / (x + 1 + index)
  return (x + 0.5) * Math.log(shifted) - shifted + Math.log((Math.sqrt(2 * Math.PI) * series) / x)
}

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
