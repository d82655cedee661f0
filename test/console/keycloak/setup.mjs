// jest takes the default export of a file each; Node runs the TypeScript behind them as it is.
import { setup } from './global-setup.ts';

export default setup;
