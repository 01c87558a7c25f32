/** How arrivals are spaced: evenly, or at random and independent of each other, as people come (a Poisson process). */
export const arrivalKinds = ['constant', 'poisson'] as const

/** What sends a single request over and over; autocannon is a second opinion. */
export const engineNames = ['rushbench', 'autocannon'] as const
