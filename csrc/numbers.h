// The arguments of the binding: one call's numbers in their order, addresses among them.
#pragma once

#include <nanobind/nanobind.h>

#include <cstdint>

#include "weft/core.h"

namespace weft {

class Numbers {
public:
    // Raises TypeError unless there are `count`.
    Numbers(const nanobind::args& arguments, Py_ssize_t count) : tuple_(arguments.ptr()) {
        if (PyTuple_GET_SIZE(tuple_) == count) return;
        PyErr_Format(PyExc_TypeError, "takes %zd numbers, got %zd", count, PyTuple_GET_SIZE(tuple_));
        throw nanobind::python_error();
    }

    int64_t number() {
        const long long value = PyLong_AsLongLong(PyTuple_GET_ITEM(tuple_, next_++));
        if (value == -1 && PyErr_Occurred() != nullptr) throw nanobind::python_error();
        return value;
    }
    int small() { return static_cast<int>(number()); }

    template <class Number>
    Number* address() {
        return reinterpret_cast<Number*>(static_cast<intptr_t>(number()));
    }

    // Members between braces are read from left to right.
    template <class Number>
    Vectors<Number> vectors() {
        return {address<Number>(), number(), number()};
    }
    template <class Number>
    State<Number> state() {
        return {address<Number>(), address<Number>()};
    }
    template <class Number>
    Weights<Number> weights() {
        return {address<Number>(), address<Number>(), address<Number>(), address<Number>(), address<Number>()};
    }
    Layer layer() { return {static_cast<Cell>(small()), small(), small(), small(), weights<const float>()}; }
    Batch batch() { return {small(), small(), address<const int64_t>(), number() != 0}; }
    Input input() { return {vectors<const float>(), address<const float>(), vectors<const int64_t>(), number()}; }

private:
    PyObject* tuple_;
    Py_ssize_t next_ = 0;
};

}  // namespace weft
