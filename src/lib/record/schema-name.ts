/** The version of the contract; programs that read reports look at it first. */
export const reportSchemaName = 'rushbench.report/v1'
