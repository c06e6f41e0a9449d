import { HttpService } from '@nestjs/axios';
import axios, { type AxiosInstance } from 'axios';

/**
 * Creates an HttpService that the application cannot change. `axios.create()` copies every default that the application has
 * set on axios. The application may also have replaced `axios.create()` to add interceptors to each instance.
 */
export function ownHttpService(): HttpService {
  // Only `axiosRef` is used. The other methods of HttpService would need bound ones.
  return new HttpService(new axios.Axios({}) as AxiosInstance);
}
