export type { Durations } from './histogram.js';
export { type LogoutStateQuality, OBSERVED, type Observed, type ProcessStatus } from './observed.js';
export { type Step, type StepDurations, type StepLabels, StepTimes } from './steps.js';
