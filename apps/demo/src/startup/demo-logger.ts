import { ConsoleLogger } from '@nestjs/common';

/** Contexts of Nest's lines about modules and routes. `main.ts` reports errors at start. */
const QUIET = [
  'InstanceLoader',
  'RoutesResolver',
  'RouterExplorer',
  'NestFactory',
  'NestApplication',
  'WebSocketsController',
];
const TOLD_ELSEWHERE = ['ExceptionHandler', 'NestApplication'];

/** Nest's console logger without the lines that users of the demo do not need. */
export class DemoLogger extends ConsoleLogger {
  override log(message: unknown, ...rest: unknown[]): void {
    if (!QUIET.includes(String(rest.at(-1)))) super.log(message, ...rest);
  }

  override error(message: unknown, ...rest: unknown[]): void {
    if (!TOLD_ELSEWHERE.includes(String(rest.at(-1)))) super.error(message, ...rest);
  }
}
