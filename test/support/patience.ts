/**
 * How long a test waits for what must happen before it is called a failure, in milliseconds. It is long because a busy
 * machine is slow, not wrong: nothing in the tests may depend on how fast the machine is.
 */
export const patienceMs = 180_000
