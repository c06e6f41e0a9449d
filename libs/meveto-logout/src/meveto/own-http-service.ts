import { HttpService } from '@nestjs/axios';
import axios, { type AxiosInstance } from 'axios';

/**
 * Creates an HttpService that the application cannot change. `axios.create()` copies every default that the application has
 * set on axios. The application may also have replaced `axios.create()` to add interceptors to each instance.
 */
export function ownHttpService(): HttpService {
  const own = new axios.Axios({});
  // HttpService calls these methods without `this`.
  const bound = { request: own.request.bind(own), get: own.get.bind(own) };
  return new HttpService(Object.assign(own, bound) as AxiosInstance);
}
