import { ConsoleLogger } from '@nestjs/common';

/** Nest's own account of wiring modules and routes; errors at start are told once, by `main.ts`. */
const QUIET = [
  'InstanceLoader',
  'RoutesResolver',
  'RouterExplorer',
  'NestFactory',
  'NestApplication',
  'WebSocketsController',
];
const TOLD_ELSEWHERE = ['ExceptionHandler', 'NestApplication'];

/** Nest's console logger without the lines that nobody who tries the demo needs. */
export class DemoLogger extends ConsoleLogger {
  override log(message: unknown, ...rest: unknown[]): void {
    if (!QUIET.includes(String(rest.at(-1)))) super.log(message, ...rest);
  }

  override error(message: unknown, ...rest: unknown[]): void {
    if (!TOLD_ELSEWHERE.includes(String(rest.at(-1)))) super.error(message, ...rest);
  }
}
