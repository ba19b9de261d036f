"""Weights files as Keras and PyTorch write them, and what those libraries compute with them: test/golden/vgg/.

A VGG16 of a sixteenth of the width (4 channels in the first block, 256 units in the dense layers), random weights, in every layout in circulation:

  keras-vggface.h5        Dense top, layers named as keras_vggface does, save_weights of Keras 2
  keras-vggface-notop.h5  the same without its top
  deepface.h5             the top as 7x7 and 1x1 convolutions, a Sequential, save_weights of Keras 2
  keras-vgg16.h5          keras.applications' names, save_weights of Keras 2
  keras-full.h5           model.save of Keras 3 (weights under model_weights), no top
  keras3.weights.h5       save_weights of Keras 3, no top
  vgg_face_dag.pth        state dict of vgg_face_dag.py's names, zip archive
  legacy.pth              the same as a stream, as PyTorch before 1.6 wrote it, no top
  torchvision.onnx        exported by PyTorch

The weights of a layer take two values only, so that gzip makes the files small; they are stored as NAME.gz. Outputs go to vgg.json.
Run: python test/golden/make_vgg.py (with requirements.txt installed)
"""
import gzip
import io
import json
import os
import sys
import tempfile
from pathlib import Path

os.environ['TF_CPP_MIN_LOG_LEVEL'] = '3'
os.environ['CUDA_VISIBLE_DEVICES'] = ''
import h5py
import keras
import numpy as np
import tensorflow as tf
import tf_keras
import torch

OUT = Path(__file__).parent / 'vgg'
WIDTH, UNITS = 4, 256
BLOCKS = [2, 2, 3, 3, 3]
CONVS = [(f'conv{b + 1}_{c + 1}', f'block{b + 1}_conv{c + 1}', WIDTH * min(8, 2**b)) for b, n in enumerate(BLOCKS) for c in range(n)]
LAST = {name for name, _, _ in CONVS if name in ('conv1_2', 'conv2_2', 'conv3_3', 'conv4_3', 'conv5_3')}


def images():
    """Two 224x224 RGB pictures, the same in the test: red, green and blue differ, and so do rows and columns."""
    n, y, x, c = np.meshgrid(np.arange(2), np.arange(224), np.arange(224), np.arange(3), indexing='ij')
    return ((x * (3 + c) + y * (5 + 2 * n) + (x * y // 64) * (c + 1) + 40 * c) % 256).astype(np.uint8)


def numbers(rng, shape, fan_in, gain=1.0):
    levels = np.array([-1, 1], np.float32)
    return (levels[rng.integers(0, 2, shape)] * np.float32(gain * np.sqrt(2 / fan_in))).astype(np.float32)


def fill(weights, rng):
    """Random values for [kernel, bias, kernel, bias, ...] in Keras' order; outputs stay of the order of 1 for pixels 0..255."""
    out = []
    for i, w in enumerate(weights):
        shape = tuple(w.shape)
        if len(shape) == 1:
            out.append(np.round(rng.uniform(-0.2, 0.2, shape) * 128).astype(np.float32) / 128)
        else:
            out.append(numbers(rng, shape, np.prod(shape[:-1]), 1 / 64 if i == 0 else 1.0))
    return out


def functional(k, names, classes, top):
    """As keras_vggface's and keras.applications' VGG16."""
    x = inputs = k.Input((224, 224, 3))
    for (face, imagenet, filters) in CONVS:
        x = k.layers.Conv2D(filters, 3, padding='same', activation='relu', name=face if names == 'face' else imagenet)(x)
        if face in LAST:
            x = k.layers.MaxPooling2D(2, strides=2)(x)
    if top:
        x = k.layers.Flatten(name='flatten')(x)
        if names == 'face':
            for name in ('fc6', 'fc7'):
                x = k.layers.Dense(UNITS, name=name)(x)
                x = k.layers.Activation('relu', name=f'{name}/relu')(x)
            x = k.layers.Dense(classes, name='fc8')(x)
        else:
            for name in ('fc1', 'fc2'):
                x = k.layers.Dense(UNITS, activation='relu', name=name)(x)
            x = k.layers.Dense(classes, name='predictions')(x)
    return k.Model(inputs, x)


def sequential(k, classes):
    """As DeepFace's VGGFace.py: every layer a convolution, zero padding apart, unnamed."""
    model = k.Sequential()
    for i, (face, _, filters) in enumerate(CONVS):
        model.add(k.layers.ZeroPadding2D((1, 1), **({'input_shape': (224, 224, 3)} if i == 0 else {})))
        model.add(k.layers.Convolution2D(filters, (3, 3), activation='relu'))
        if face in LAST:
            model.add(k.layers.MaxPooling2D((2, 2), strides=(2, 2)))
    model.add(k.layers.Convolution2D(UNITS, (7, 7), activation='relu'))
    model.add(k.layers.Dropout(0.5))
    model.add(k.layers.Convolution2D(UNITS, (1, 1), activation='relu', name='relu7'))
    model.add(k.layers.Dropout(0.5))
    model.add(k.layers.Convolution2D(classes, (1, 1)))
    model.add(k.layers.Flatten())
    return model


def prepared(order, mean, scale):
    x = images().astype(np.float32)
    return ((x if order == 'rgb' else x[..., ::-1]) - np.array(mean, np.float32)) * np.array(scale, np.float32)


def keras_outputs(k, model, x, wanted):
    """What Keras computes at the named layers."""
    parts = k.Model(model.inputs, [tensor for _, tensor in wanted])
    values = parts(x)
    values = values if isinstance(values, (list, tuple)) else [values]
    return {name: np.asarray(v).reshape(2, -1) for (name, _), v in zip(wanted, values)}


def pooled(model):
    pools = [layer for layer in model.layers if 'pool' in layer.name]
    return pools[-1].output


class Vgg(torch.nn.Module):
    """The network with vgg_face_dag.py's names."""

    def __init__(self, classes):
        super().__init__()
        channels = 3
        for name, _, filters in CONVS:
            setattr(self, name, torch.nn.Conv2d(channels, filters, 3, padding=1))
            channels = filters
        self.fc6 = torch.nn.Linear(channels * 49, UNITS)
        self.fc7 = torch.nn.Linear(UNITS, UNITS)
        self.fc8 = torch.nn.Linear(UNITS, classes)

    def parts(self, x):
        for name, _, _ in CONVS:
            x = getattr(self, name)(x).relu()
            if name in LAST:
                x = torch.nn.functional.max_pool2d(x, 2)
        fc7 = self.fc7(self.fc6(x.flatten(1)).relu())
        return {'pool5/avg': x.mean((2, 3)), 'pool5/max': x.amax((2, 3)), 'fc7': fc7, 'fc7/relu': fc7.relu(), 'fc8': self.fc8(fc7.relu())}

    def forward(self, x):
        return self.parts(x)['fc8']


def torch_model(rng, classes):
    model = Vgg(classes)
    with torch.no_grad():
        for i, (name, p) in enumerate(model.named_parameters()):
            shape = tuple(p.shape)
            value = np.round(rng.uniform(-0.2, 0.2, shape) * 128).astype(np.float32) / 128 if p.ndim == 1 else numbers(rng, shape, np.prod(shape[1:]), 1 / 64 if i == 0 else 1.0)
            p.copy_(torch.from_numpy(value))
    return model


def torch_outputs(model, x):
    with torch.no_grad():
        return {k: v.numpy() for k, v in model.parts(torch.from_numpy(np.ascontiguousarray(x.transpose(0, 3, 1, 2)))).items()}


def store(name, data):
    with open(OUT / f'{name}.gz', 'wb') as raw, gzip.GzipFile(fileobj=raw, mode='wb', compresslevel=9, mtime=0, filename='') as f:
        f.write(data)


def main():
    OUT.mkdir(exist_ok=True)
    for old in OUT.glob('*.gz'):
        old.unlink()
    cases = {}
    folder = Path(tempfile.mkdtemp())

    def case(name, write, outputs, preprocessing, **more):
        path = folder / name
        write(str(path))
        store(name, path.read_bytes())
        cases[name] = {**more, 'preprocessing': preprocessing, 'outputs': {k: [[float(f'{v:.7g}') for v in row] for row in np.asarray(a)] for k, a in outputs.items()}}
        print(name, (OUT / f'{name}.gz').stat().st_size, {k: (round(float(np.abs(a).mean()), 4), round(float(np.abs(a[0] - a[1]).mean()), 4)) for k, a in outputs.items()})

    vggface = prepared('bgr', [93.594, 104.7624, 129.1863], [1, 1, 1])
    caffe = prepared('bgr', [103.939, 116.779, 123.68], [1, 1, 1])
    k = tf_keras

    model = functional(k, 'face', 26, True)
    model.set_weights(fill(model.get_weights(), np.random.default_rng(1)))
    p5, fc7, relu7 = pooled(model), model.get_layer('fc7').output, model.get_layer('fc7/relu').output
    outputs = keras_outputs(k, model, vggface, [('fc7', fc7), ('fc7/relu', relu7), ('fc8', model.output), ('pool5/avg', k.layers.GlobalAveragePooling2D()(p5)), ('pool5/max', k.layers.GlobalMaxPooling2D()(p5))])
    case('keras-vggface.h5', lambda p: model.save_weights(p, save_format='h5'), outputs, 'keras-vggface', model='vgg-face', classes=26)

    bare = functional(k, 'face', 26, False)
    bare.set_weights(fill(bare.get_weights(), np.random.default_rng(2)))
    outputs = keras_outputs(k, bare, vggface, [('pool5/avg', k.layers.GlobalAveragePooling2D()(bare.output)), ('pool5/max', k.layers.GlobalMaxPooling2D()(bare.output))])
    case('keras-vggface-notop.h5', lambda p: bare.save_weights(p, save_format='h5'), outputs, 'keras-vggface', model='vgg-face')

    deep = sequential(k, 26)
    values = fill(deep.get_weights(), np.random.default_rng(3))
    values[0] = values[0] * 128  # DeepFace feeds 0..1
    deep.set_weights(values)
    outputs = keras_outputs(k, deep, prepared('bgr', [0, 0, 0], [1 / 255] * 3), [('fc7/relu', deep.get_layer('relu7').output), ('fc8', deep.output)])
    case('deepface.h5', lambda p: deep.save_weights(p, save_format='h5'), outputs, 'deepface', model='vgg-face', classes=26)

    imagenet = functional(k, 'imagenet', 10, True)
    imagenet.set_weights(fill(imagenet.get_weights(), np.random.default_rng(4)))
    outputs = keras_outputs(k, imagenet, caffe, [('fc7/relu', imagenet.get_layer('fc2').output), ('fc8', imagenet.output)])
    case('keras-vgg16.h5', lambda p: imagenet.save_weights(p, save_format='h5'), outputs, 'keras-vgg16', model='vgg16', classes=10)

    for name, seed in (('keras-full.h5', 5), ('keras3.weights.h5', 6)):
        modern = functional(keras, 'imagenet', 10, False)
        modern.set_weights(fill(modern.get_weights(), np.random.default_rng(seed)))
        outputs = keras_outputs(keras, modern, caffe, [('pool5/avg', keras.layers.GlobalAveragePooling2D()(modern.output)), ('pool5/max', keras.layers.GlobalMaxPooling2D()(modern.output))])
        case(name, modern.save if name == 'keras-full.h5' else modern.save_weights, outputs, 'keras-vgg16', model='vgg16')

    dag = torch_model(np.random.default_rng(7), 26)
    outputs = torch_outputs(dag, prepared('rgb', [129.186279296875, 104.76238250732422, 93.59396362304688], [1, 1, 1]))
    case('vgg_face_dag.pth', lambda p: torch.save(dag.state_dict(), p), outputs, 'vgg-face-dag', model='vgg-face', classes=26)
    convolutions = {name: value for name, value in dag.state_dict().items() if name.startswith('conv')}
    case('legacy.pth', lambda p: torch.save(convolutions, p, _use_new_zipfile_serialization=False), {name: outputs[name] for name in ('pool5/avg', 'pool5/max')}, 'vgg-face-dag', model='vgg-face')

    tv = torch_model(np.random.default_rng(8), 10)
    with torch.no_grad():
        tv.conv1_1.weight *= 64
    mean, std = np.array([0.485, 0.456, 0.406]) * 255, np.array([0.229, 0.224, 0.225]) * 255
    outputs = torch_outputs(tv, prepared('rgb', mean, 1 / std))

    def export(path):
        torch.onnx.export(tv.eval(), (torch.zeros(1, 3, 224, 224),), path, input_names=['images'], output_names=['logits'], dynamic_axes={'images': {0: 'n'}, 'logits': {0: 'n'}}, dynamo=False)

    case('torchvision.onnx', export, outputs, 'torchvision', model='vgg16', classes=10)

    versions = {'python': sys.version.split()[0], 'tensorflow': tf.__version__, 'tf_keras': tf_keras.__version__, 'keras': keras.__version__, 'torch': torch.__version__, 'h5py': h5py.__version__, 'numpy': np.__version__}
    (OUT / 'vgg.json').write_text(json.dumps({'script': 'test/golden/make_vgg.py', 'versions': versions, 'width': WIDTH, 'cases': cases}) + '\n')
    print('in all', sum(f.stat().st_size for f in OUT.iterdir()), 'bytes')


if __name__ == '__main__':
    main()
