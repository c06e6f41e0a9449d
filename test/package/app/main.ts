import 'reflect-metadata';
import { startApp } from './app.js';
import { journey } from './journey.js';

journey(startApp).then(
  () => console.log('The journey has passed.'),
  (error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  },
);
