/** Port of the simulator if neither `--port` nor `SIMULATOR_PORT` gives one. */
export const SIMULATOR_PORT = 4000;
