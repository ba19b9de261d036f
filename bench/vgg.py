"""The peer of bench/vgg.ts: VGG-Face at full size with random weights, in Keras and in PyTorch; one JSON request a line, one JSON answer a line."""
import json
import os
import resource
import sys
import time

os.environ['TF_CPP_MIN_LOG_LEVEL'] = '3'
os.environ['CUDA_VISIBLE_DEVICES'] = ''
import numpy as np
import tensorflow as tf
import tf_keras as k
import torch

threads = int(os.environ['KINDRED_THREADS'])
tf.config.threading.set_intra_op_parallelism_threads(threads)
tf.config.threading.set_inter_op_parallelism_threads(1)
torch.set_num_threads(threads)

BLOCKS = [(64, 2), (128, 2), (256, 3), (512, 3), (512, 3)]
NAMES = [(f'conv{b + 1}_{c + 1}', filters, c + 1 == n) for b, (filters, n) in enumerate(BLOCKS) for c in range(n)]
MEAN_BGR = np.array([93.594, 104.7624, 129.1863], np.float32)


def dense_model():
    """keras_vggface's layout."""
    x = inputs = k.Input((224, 224, 3))
    for name, filters, last in NAMES:
        x = k.layers.Conv2D(filters, 3, padding='same', activation='relu', name=name)(x)
        if last:
            x = k.layers.MaxPooling2D(2)(x)
    x = k.layers.Flatten()(x)
    for name in ('fc6', 'fc7'):
        x = k.layers.Activation('relu', name=f'{name}/relu')(k.layers.Dense(4096, name=name)(x))
    return k.Model(inputs, k.layers.Dense(2622, name='fc8')(x))


def conv_model():
    """DeepFace's layout."""
    model = k.Sequential()
    for i, (_, filters, last) in enumerate(NAMES):
        model.add(k.layers.ZeroPadding2D((1, 1), **({'input_shape': (224, 224, 3)} if i == 0 else {})))
        model.add(k.layers.Convolution2D(filters, 3, activation='relu'))
        if last:
            model.add(k.layers.MaxPooling2D(2))
    model.add(k.layers.Convolution2D(4096, 7, activation='relu'))
    model.add(k.layers.Convolution2D(4096, 1, activation='relu'))
    model.add(k.layers.Convolution2D(2622, 1))
    return model


class Torch(torch.nn.Module):
    """vgg_face_dag.py's layout."""

    def __init__(self):
        super().__init__()
        channels = 3
        for name, filters, _ in NAMES:
            setattr(self, name, torch.nn.Conv2d(channels, filters, 3, padding=1))
            channels = filters
        self.fc6, self.fc7, self.fc8 = torch.nn.Linear(25088, 4096), torch.nn.Linear(4096, 4096), torch.nn.Linear(4096, 2622)

    def forward(self, x):
        for name, _, last in NAMES:
            x = torch.relu(getattr(self, name)(x))
            if last:
                x = torch.nn.functional.max_pool2d(x, 2)
        return torch.relu(self.fc7(torch.relu(self.fc6(x.flatten(1)))))


def random_weights(model):
    rng = np.random.default_rng(0)
    out = []
    for i, w in enumerate(model.get_weights()):
        value = rng.standard_normal(w.shape, dtype=np.float32)
        out.append(value * np.float32(0.1) if w.ndim == 1 else value * np.float32(np.sqrt(2 / np.prod(w.shape[:-1])) / (64 if i == 0 else 1)))
    return out


def make(folder):
    model = dense_model()
    weights = random_weights(model)
    model.set_weights(weights)
    model.save_weights(f'{folder}/keras-vggface.h5', save_format='h5')
    other = conv_model()
    other.set_weights([v.reshape(w.shape) for v, w in zip(weights, other.get_weights())])
    other.save_weights(f'{folder}/deepface.h5', save_format='h5')
    del other
    net = Torch()
    with torch.no_grad():
        for i, (name, _, _) in enumerate(NAMES):
            getattr(net, name).weight.copy_(torch.from_numpy(np.ascontiguousarray(weights[2 * i].transpose(3, 2, 0, 1))))
            getattr(net, name).bias.copy_(torch.from_numpy(weights[2 * i + 1]))
        for i, name in enumerate(('fc6', 'fc7', 'fc8')):
            w = weights[26 + 2 * i]
            if name == 'fc6':
                w = w.reshape(7, 7, 512, 4096).transpose(2, 0, 1, 3).reshape(25088, 4096)
            getattr(net, name).weight.copy_(torch.from_numpy(np.ascontiguousarray(w.T)))
            getattr(net, name).bias.copy_(torch.from_numpy(weights[27 + 2 * i]))
    torch.save(net.state_dict(), f'{folder}/vgg_face_dag.pth')
    return k.Model(model.input, model.get_layer('fc7/relu').output), net.eval()


def main():
    keras_model = net = None
    for line in sys.stdin:
        request = json.loads(line)
        if 'make' in request:
            keras_model, net = make(request['make'])
            answer = {'parameters': 145_002_878, 'versions': {'tensorflow': tf.__version__, 'tf_keras': k.__version__, 'torch': torch.__version__}}
        else:
            images = np.fromfile(request['images'], np.uint8).reshape(-1, 224, 224, 3)
            cpu, wall = time.process_time(), time.perf_counter()
            x = images[..., ::-1].astype(np.float32) - MEAN_BGR
            if request['run'] == 'keras':
                y = keras_model.predict_on_batch(x)
            else:
                with torch.inference_mode():
                    y = net(torch.from_numpy(np.ascontiguousarray(x.transpose(0, 3, 1, 2)))).numpy()
            answer = {'wall': time.perf_counter() - wall, 'cpu': time.process_time() - cpu, 'peak': resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}
            np.asarray(y, '<f4').tofile(request['out'])
        print(json.dumps(answer), flush=True)


main()
