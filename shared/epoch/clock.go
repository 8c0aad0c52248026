package epoch

import "time"

// Clock tells how much time has passed since some moment. It goes on while the machine
// sleeps, and setting the time of day does not move it.
type Clock func() time.Duration
