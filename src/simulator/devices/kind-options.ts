/** What every kind of simulated device can be told. */
export interface DeviceKindOptions {
  /** The same seed gives the same course of values. */
  readonly seed?: number
  /** How much faster than the clock the device lives; 1 unless told. */
  readonly speed?: number
}
